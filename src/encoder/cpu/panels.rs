//! Weight codes in panels, the order in which the kernels of our own read them.

/// A panel holds the weights of `width` outputs: `[inputs / step, width, step]`, so that one load brings
/// `step` inputs of each output. The last panel ends with zeros.
pub(super) struct Panels<Weight> {
    weights: Vec<Weight>,
    inputs: usize,
    width: usize,
}

impl<Weight: From<i8> + Copy> Panels<Weight> {
    /// Packs codes `[outputs, inputs]`; `None` where `inputs` is no multiple of `step`.
    pub(super) fn new(codes: &[i8], inputs: usize, width: usize, step: usize) -> Option<Self> {
        if inputs == 0 || !inputs.is_multiple_of(step) {
            return None;
        }
        let panels = (codes.len() / inputs).div_ceil(width);
        let mut weights = vec![Weight::from(0); panels * width * inputs];
        for (output, row) in codes.chunks_exact(inputs).enumerate() {
            let (panel, column) = (output / width, output % width);
            let panel = &mut weights[panel * width * inputs..];
            for (number, codes) in row.chunks_exact(step).enumerate() {
                let places = &mut panel[(number * width + column) * step..];
                for (place, &code) in places.iter_mut().zip(codes) {
                    *place = code.into();
                }
            }
        }
        Some(Self {
            weights,
            inputs,
            width,
        })
    }

    /// How far apart rows of sums lie: the number of outputs, rounded up to whole panels.
    pub(super) fn stride(&self) -> usize {
        self.weights.len() / self.inputs
    }

    /// Calls `multiply` with each panel and each block of at most `rows` rows of `codes`,
    /// `[rows, inputs]`; sums are `[rows, stride]`.
    ///
    /// # Panics
    /// Where `sums` is not as long as `codes` calls for.
    pub(super) fn for_each_tile<Code>(
        &self,
        codes: &[Code],
        sums: &mut [i32],
        rows: usize,
        mut multiply: impl FnMut(Tile<'_, Code, Weight>),
    ) {
        let (inputs, stride) = (self.inputs, self.stride());
        let count = codes.len() / inputs;
        assert_eq!(codes.len(), count * inputs);
        assert_eq!(sums.len(), count * stride);
        for (number, panel) in self.weights.chunks_exact(self.width * inputs).enumerate() {
            let blocks = codes.chunks(rows * inputs).zip(sums.chunks_mut(rows * stride));
            for (codes, sums) in blocks {
                multiply(Tile {
                    codes,
                    inputs,
                    panel,
                    sums: &mut sums[number * self.width..],
                    stride,
                });
            }
        }
    }
}

/// Some rows of codes, one panel of weights, and where their sums go.
pub(super) struct Tile<'a, Code, Weight> {
    /// `[rows, inputs]`.
    pub(super) codes: &'a [Code],
    pub(super) inputs: usize,
    pub(super) panel: &'a [Weight],
    /// Begins at the first row's first sum; a row's sums are `stride` further than the last's.
    pub(super) sums: &'a mut [i32],
    pub(super) stride: usize,
}

impl<Code, Weight> Tile<'_, Code, Weight> {
    pub(super) fn rows(&self) -> usize {
        self.codes.len() / self.inputs
    }

    /// Fails unless a kernel may read `rows` rows and a panel of `width` outputs, and write their sums.
    #[inline]
    pub(super) fn check(&self, rows: usize, width: usize, step: usize) {
        assert!(rows > 0 && self.codes.len() >= rows * self.inputs);
        assert!(self.panel.len() == self.inputs * width && self.inputs.is_multiple_of(step));
        assert!(self.sums.len() >= (rows - 1) * self.stride + width);
    }
}
