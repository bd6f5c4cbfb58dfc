//! Bytes → text: UTF-8, or Windows-1252 where it is not.

/// What an article's bytes were decoded from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    Utf8,
    Utf16,
    /// What the page, or the protocol that brought it, says it is.
    Declared,
    /// Western text that is not UTF-8; every byte has a character in it, so decoding never fails.
    Windows1252 {
        /// The offset of the first byte that is not UTF-8.
        first_invalid: usize,
    },
}

/// Text and what it was decoded from; or the place of a byte that no text has.
pub(crate) fn decode(bytes: Vec<u8>) -> Result<(String, Encoding), usize> {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(&bytes) {
        if encoding != encoding_rs::UTF_8 {
            return Ok((encoding.decode(&bytes).0.into_owned(), Encoding::Utf16));
        }
    }
    if let Some(at) = bytes.iter().position(|&byte| byte == 0) {
        return Err(at);
    }
    match String::from_utf8(bytes) {
        // A byte order mark is no part of the text.
        Ok(text) => Ok(match text.strip_prefix('\u{feff}') {
            Some(rest) => (rest.to_owned(), Encoding::Utf8),
            None => (text, Encoding::Utf8),
        }),
        Err(error) => {
            let first_invalid = error.utf8_error().valid_up_to();
            let (text, _) = encoding_rs::WINDOWS_1252.decode_without_bom_handling(error.as_bytes());
            Ok((text.into_owned(), Encoding::Windows1252 { first_invalid }))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utf8_with_and_without_a_mark() {
        assert_eq!(decode("Señal".into()), Ok(("Señal".into(), Encoding::Utf8)));
        assert_eq!(
            decode("\u{feff}Señal".into()),
            Ok(("Señal".into(), Encoding::Utf8))
        );
    }

    #[test]
    fn western_bytes_become_windows_1252() {
        let bytes = b"\x93We won\x92t,\x94 he said \x97 twice.".to_vec();
        assert_eq!(
            decode(bytes),
            Ok((
                "“We won’t,” he said — twice.".into(),
                Encoding::Windows1252 { first_invalid: 0 }
            ))
        );
    }

    #[test]
    fn utf16_with_a_mark_is_text_and_a_nul_byte_is_not() {
        assert_eq!(
            decode(b"\xff\xfeH\0i\0".to_vec()),
            Ok(("Hi".into(), Encoding::Utf16))
        );
        assert_eq!(decode(b"MZ\x90\0\x03".to_vec()), Err(3));
    }
}
