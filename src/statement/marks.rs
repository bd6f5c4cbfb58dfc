//! The marks that end sentences, and those that may stand around them.

/// Marks that end a sentence.
pub(super) const TERMINATORS: &[char] = &['.', '!', '?', '…', '。', '！', '？', '؟', '।', '‽'];

/// Marks that may stand between a sentence's last full stop and the space after it.
pub(super) const CLOSING_MARKS: &[char] = &['"', '\'', '”', '’', '»', '›', ')', ']', '}', '*', '_'];

/// Marks that may stand before the first word of a sentence.
pub(super) const OPENING_MARKS: &[char] = &[
    '"', '\'', '“', '‘', '«', '‹', '„', '‚', '(', '[', '¿', '¡', '—', '–', '-', '`', '•', '*', ' ',
];
