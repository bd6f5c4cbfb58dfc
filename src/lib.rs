//! Demarche reads articles and says, for every statement in them, what stance its holder takes
//! toward foreign intervention.
//!
//! The rooms lie along the way of the data, and each knows only those before it:
//!
//! ```text
//! input ──► table, article ──► statement ──► attribution ──► model, encoder ──► classifier ──► output ──► corpus
//!                                            training, benchmark, evaluation ──► estimation, summary
//!                                            model ──► export
//! ```
//!
//! [`cli`] alone knows the command line. The four labels are [`Stance`]; `docs/codebook.md`
//! defines them.
//!
//! A [`Classifier`] brings its own threads and kernels. Training runs on Candle, whose threads compete
//! with rayon's: it is fastest with `CANDLE_NUM_THREADS=1` and `RAYON_NUM_THREADS=1` in the environment,
//! as the `demarche` binary sets them; the results are the same without.

pub mod article;
pub mod attribution;
pub mod benchmark;
pub mod classifier;
pub mod cli;
pub mod corpus;
pub mod device;
pub mod encoder;
pub mod estimation;
pub mod evaluation;
pub mod export;
pub mod input;
pub mod model;
pub mod output;
pub mod stance;
pub mod statement;
pub mod summary;
pub mod table;
pub mod training;

pub use article::Article;
pub use classifier::Classifier;
pub use stance::{Prediction, Probabilities, Stance};
pub use statement::Statement;
