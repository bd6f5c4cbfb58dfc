//! Statements given one by one: a text file with one a line, or a table with a column `text`.

use std::path::Path;

use serde_json::{Map, Value};

use crate::table::{self, RejectedRow, Row, TableError};

/// A statement of a list, not split further.
#[derive(Clone, Debug, PartialEq)]
pub struct ListedStatement {
    /// The line or row in its file, from 1: see [`Row::number`].
    pub number: u64,
    pub text: String,
    /// Every field beside `text`, in the order of the file.
    pub fields: Map<String, Value>,
}

/// The statements of one list.
#[derive(Clone, Debug, Default)]
pub struct StatementList {
    pub statements: Vec<ListedStatement>,
    pub rejected: Vec<RejectedRow>,
    /// How many lines were not UTF-8 and were read as Windows-1252.
    pub windows_1252: usize,
}

const REQUIRED: [&str; 1] = ["text"];

/// Reads the list in a file, in the format that its name says, or else its beginning.
///
/// # Errors
/// [`TableError`]; a single line that is no statement is rejected by itself.
pub fn read_file(path: &Path) -> Result<StatementList, TableError> {
    let mut list = StatementList::default();
    list.windows_1252 = table::read_file(path, &REQUIRED, &mut |row| list.push(row))?;
    Ok(list)
}

impl StatementList {
    fn push(&mut self, row: Result<Row, RejectedRow>) {
        match row.and_then(|row| ListedStatement::from_row(row, REQUIRED[0])) {
            Ok(statement) => self.statements.push(statement),
            Err(rejected) => self.rejected.push(rejected),
        }
    }
}

impl ListedStatement {
    /// The statement in a row's field `field`.
    ///
    /// # Errors
    /// The row rejected, where that holds no text.
    pub fn from_row(mut row: Row, field: &str) -> Result<Self, RejectedRow> {
        // `shift_remove` keeps the order of the other fields.
        match row.fields.shift_remove(field) {
            Some(Value::String(text)) if !text.trim().is_empty() => Ok(Self {
                number: row.number,
                text,
                fields: row.fields,
            }),
            Some(Value::String(_) | Value::Null) => Err(row.rejected(format!("`{field}` is empty"))),
            Some(_) => Err(row.rejected(format!("`{field}` is not a string"))),
            None => Err(row.rejected(format!("no field `{field}`"))),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(list: &StatementList) -> Vec<&str> {
        list.statements
            .iter()
            .map(|statement| statement.text.as_str())
            .collect()
    }

    fn read_bytes(bytes: &[u8], ending: &str) -> StatementList {
        try_read(bytes, ending).unwrap()
    }

    fn try_read(bytes: &[u8], ending: &str) -> Result<StatementList, TableError> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(format!("list.{ending}"));
        std::fs::write(&path, bytes).unwrap();
        read_file(&path)
    }

    #[test]
    fn lines_skip_blanks_and_keep_numbers() {
        let list = read_bytes("\u{feff}One.\r\n\n  Two. \n".as_bytes(), "txt");
        assert_eq!(texts(&list), ["One.", "Two."]);
        assert_eq!(list.statements[1].number, 3);
        assert!(list.rejected.is_empty());
    }

    #[test]
    fn a_bad_line_is_rejected_alone() {
        let bytes = b"{\"text\": \"A\", \"id\": 7}\n{\"text\": \n{\"txt\": \"B\"}\n\xff\n{\"text\": \"C\"}";
        let list = read_bytes(bytes, "jsonl");
        assert_eq!(texts(&list), ["A", "C"]);
        assert_eq!(list.statements[0].fields["id"], 7);
        let numbers: Vec<u64> = list.rejected.iter().map(|line| line.number).collect();
        assert_eq!(numbers, [2, 3, 4]);
    }

    #[test]
    fn an_endless_line_is_read_past() {
        let mut bytes = vec![b'x'; 3 << 20];
        bytes.extend_from_slice(b"\nShort.\n");
        let list = read_bytes(&bytes, "txt");
        assert_eq!(texts(&list), ["Short."]);
        assert_eq!(list.rejected[0].number, 1);
        assert!(list.rejected[0].reason.contains("3145729 bytes"));
    }

    #[test]
    fn csv_carries_every_other_column() {
        let list = read_bytes(
            b"id,text,label\n1,\"Two\nlines, one record\",none\n2,,none\n3,C,none,extra\n4,D,none\n",
            "csv",
        );
        assert_eq!(texts(&list), ["Two\nlines, one record", "D"]);
        assert_eq!(list.statements[0].fields["id"], "1");
        assert_eq!(list.statements[0].fields["label"], "none");
        let rejected: Vec<u64> = list.rejected.iter().map(|line| line.number).collect();
        assert_eq!(rejected, [4, 5]);
    }

    #[test]
    fn csv_without_a_text_column_is_refused() {
        let error = try_read(b"id,body\n1,x\n", "csv").unwrap_err();
        assert!(error.to_string().contains("id, body"), "{error}");
    }

    #[test]
    fn lines_that_are_not_utf8_are_read_as_windows_1252() {
        let list = read_bytes(b"Se\xf1al.\nPlain.\n", "txt");
        assert_eq!(texts(&list), ["Señal.", "Plain."]);
        assert_eq!(list.windows_1252, 1);
        let list = read_bytes(b"text,pa\xeds\nSe\xf1al.,Per\xfa\n", "csv");
        assert_eq!((texts(&list), list.windows_1252), (vec!["Señal."], 1));
        assert_eq!(list.statements[0].fields["país"], "Perú");
    }

    #[test]
    fn an_unclosed_quotation_mark_is_told_of() {
        let list = read_bytes(b"id,text\n1,One.\n2,\"He left\n3,They came\n", "csv");
        assert_eq!(texts(&list), ["One."]);
        assert_eq!(list.rejected[0].number, 3);
        assert!(list.rejected[0].reason.contains("never closed"));
    }

    #[test]
    fn a_column_that_stands_twice_is_refused() {
        let error = try_read(b"id,text,id\n1,x,2", "csv").unwrap_err();
        assert!(error.to_string().contains("`id` twice"), "{error}");
    }
}
