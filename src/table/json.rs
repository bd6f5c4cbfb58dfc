//! JSON that is not one object a line: an array of objects, objects one after another, or an object that wraps
//! such an array.
//!
//! Each object is cut out of the stream by its braces and parsed alone, so that an array of any length is read
//! in the memory of its longest element, and a bad element costs no other.

use std::io::BufRead;
use std::ops::ControlFlow;

use serde_json::{Map, Value};

use super::lines::decoded;
use super::{shown, too_long, Limits, RejectedRow, Row, RowSink, TableError};

/// Fields by which archives and news services wrap their list of articles.
const WRAPPERS: [&str; 9] = [
    "articles",
    "data",
    "docs",
    "documents",
    "hits",
    "items",
    "records",
    "results",
    "rows",
];

/// Reads every element. Returns how many were read as Windows-1252.
pub(super) fn read(
    mut input: impl BufRead,
    name: &str,
    limits: Limits<'_>,
    sink: RowSink<'_>,
) -> Result<usize, TableError> {
    let unreadable = |source| TableError::Unreadable {
        path: name.to_owned(),
        source,
    };
    let mut elements = Elements::new(limits.max_row_bytes);
    let mut windows_1252 = 0;
    let mut rows = Rows {
        number: 0,
        limits,
        sink,
    };
    loop {
        let buffer = input.fill_buf().map_err(unreadable)?;
        if buffer.is_empty() {
            break;
        }
        let length = buffer.len();
        let mut at = 0;
        while at < length {
            let (used, is_complete) = elements.scan(&buffer[at..]);
            at += used;
            if is_complete {
                let (flow, is_utf8) = rows.element(&mut elements);
                windows_1252 += usize::from(!is_utf8);
                if flow.is_break() {
                    return Ok(windows_1252);
                }
            }
        }
        input.consume(length);
    }
    let is_within = elements.depth > 0 || elements.is_string || elements.is_stray;
    if is_within || elements.is_open_array {
        let reason = "cut off: the file ends within it, or its list does not end";
        let bytes: &[u8] = if is_within { &elements.bytes } else { b"" };
        let _ = rows.reject(reason.to_owned(), bytes);
    }
    Ok(windows_1252)
}

/// Numbers elements and hands them on.
struct Rows<'a> {
    number: u64,
    limits: Limits<'a>,
    sink: RowSink<'a>,
}

impl Rows<'_> {
    /// Parses an element, and tells whether to go on and whether it was UTF-8.
    fn element(&mut self, elements: &mut Elements) -> (ControlFlow<()>, bool) {
        let bytes = std::mem::take(&mut elements.bytes);
        if elements.length > elements.max {
            let reason = too_long(elements.length, elements.max);
            return (self.reject(reason, &bytes), true);
        }
        let (text, is_utf8) = decoded(&bytes);
        let flow = match serde_json::from_str::<Map<String, Value>>(&text) {
            Ok(object) => self.object(object),
            Err(error) => self.reject(format!("not a JSON object: {error}"), &bytes),
        };
        elements.bytes = bytes;
        (flow, is_utf8)
    }

    /// A row, or the rows that it wraps.
    fn object(&mut self, mut fields: Map<String, Value>) -> ControlFlow<()> {
        // What has a text of its own wraps nothing.
        let is_row = |fields: &Map<String, Value>| {
            let mut texts = self.limits.required.iter().chain(self.limits.any_of);
            texts.any(|text| fields.keys().any(|field| field.eq_ignore_ascii_case(text)))
        };
        let list = match is_row(&fields) {
            true => None,
            false => wrapped_list(&mut fields, 0),
        };
        let Some(list) = list else {
            self.number += 1;
            let number = self.number;
            return (self.sink)(Ok(Row { number, fields }));
        };
        for element in list {
            if let Value::Object(fields) = element {
                self.number += 1;
                let number = self.number;
                (self.sink)(Ok(Row { number, fields }))?;
            }
        }
        ControlFlow::Continue(())
    }

    fn reject(&mut self, reason: String, bytes: &[u8]) -> ControlFlow<()> {
        self.number += 1;
        (self.sink)(Err(RejectedRow {
            number: self.number,
            reason,
            record: shown(bytes),
        }))
    }
}

/// The list of objects in an answer, or in an object within it: `{"response": {"results": […]}}`.
fn wrapped_list(fields: &mut Map<String, Value>, depth: usize) -> Option<Vec<Value>> {
    let is_list = |value: &Value| {
        value
            .as_array()
            .is_some_and(|list| !list.is_empty() && list.iter().all(Value::is_object))
    };
    let wrapper = WRAPPERS
        .into_iter()
        .find(|&name| fields.get(name).is_some_and(is_list));
    if let Some(Value::Array(list)) = wrapper.and_then(|name| fields.shift_remove(name)) {
        return Some(list);
    }
    if depth == DEEPEST_WRAPPER {
        return None;
    }
    let mut within = fields.values_mut().filter_map(Value::as_object_mut);
    within.find_map(|fields| wrapped_list(fields, depth + 1))
}

/// Answers do not wrap their list more often.
const DEEPEST_WRAPPER: usize = 2;

/// Cuts elements out of a stream: whatever stands between a brace and the one that closes it, and, outside of
/// them, any run of other things than brackets, commas and blanks.
struct Elements {
    max: u64,
    /// The element so far, at most `max` bytes of it.
    bytes: Vec<u8>,
    /// Its whole length.
    length: u64,
    /// How many of its brackets are open; 0 between elements.
    depth: u64,
    is_string: bool,
    is_escaped: bool,
    /// True within something that is no object: a number, a word, a string.
    is_stray: bool,
    /// True within an array of elements whose end has not come.
    is_open_array: bool,
}

impl Elements {
    fn new(max: u64) -> Self {
        Self {
            max,
            bytes: Vec::new(),
            length: 0,
            depth: 0,
            is_string: false,
            is_escaped: false,
            is_stray: false,
            is_open_array: false,
        }
    }

    /// Reads on until an element is complete or the buffer ends. Returns how many bytes were used, and
    /// whether one is complete.
    fn scan(&mut self, buffer: &[u8]) -> (usize, bool) {
        for (at, &byte) in buffer.iter().enumerate() {
            if self.depth == 0 && !self.is_string {
                let is_between = matches!(byte, b'[' | b']' | b',' | 0xef | 0xbb | 0xbf);
                if is_between || byte.is_ascii_whitespace() {
                    match byte {
                        b'[' => self.is_open_array = true,
                        b']' => self.is_open_array = false,
                        _ => {}
                    }
                    if self.is_stray {
                        self.is_stray = false;
                        return (at + 1, true);
                    }
                    continue;
                }
                if !self.is_stray {
                    self.bytes.clear();
                    self.length = 0;
                    self.is_stray = byte != b'{';
                }
            }
            self.push(byte);
            if self.step(byte) {
                return (at + 1, true);
            }
        }
        (buffer.len(), false)
    }

    fn push(&mut self, byte: u8) {
        self.length += 1;
        if self.length <= self.max {
            self.bytes.push(byte);
        }
    }

    /// Follows strings and brackets; true where an object is complete.
    fn step(&mut self, byte: u8) -> bool {
        if self.is_string {
            match byte {
                _ if self.is_escaped => self.is_escaped = false,
                b'\\' => self.is_escaped = true,
                b'"' => self.is_string = false,
                _ => {}
            }
            return false;
        }
        match byte {
            b'"' => self.is_string = true,
            b'{' | b'[' => {
                self.depth += 1;
                self.is_stray = false;
            }
            b'}' | b']' if self.depth > 0 => {
                self.depth -= 1;
                return self.depth == 0;
            }
            _ => {}
        }
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The number and the field `a` of each row; rejected ones as their reason's first words.
    fn rows(json: &str, max: u64) -> Vec<(u64, String)> {
        let mut rows = Vec::new();
        let limits = Limits {
            required: &[],
            any_of: &["text"],
            max_row_bytes: max,
        };
        read(json.as_bytes(), "a.json", limits, &mut |row| {
            rows.push(match row {
                Ok(row) => (row.number, row.fields["a"].to_string()),
                Err(row) => (row.number, row.reason.chars().take(12).collect()),
            });
            ControlFlow::Continue(())
        })
        .unwrap();
        rows
    }

    fn expect(json: &str, expected: &[(u64, &str)]) {
        let found = rows(json, 100);
        let found: Vec<(u64, &str)> = found.iter().map(|(number, a)| (*number, a.as_str())).collect();
        assert_eq!(found, expected, "{json}");
    }

    #[test]
    fn arrays_objects_in_a_row_and_wrapped_lists() {
        expect("[{\"a\": 1}, {\"a\": [2]}\n]", &[(1, "1"), (2, "[2]")]);
        expect(
            "\u{feff}{\"a\": 1}\n\n{\n \"a\": \"}\\\"{\"\n}",
            &[(1, "1"), (2, "\"}\\\"{\"")],
        );
        expect(
            "{\"total\": 2, \"articles\": [{\"a\": 1}, {\"a\": 2}]}",
            &[(1, "1"), (2, "2")],
        );
        expect(
            "{\"response\": {\"total\": 1, \"results\": [{\"a\": 1}]}}",
            &[(1, "1")],
        );
        expect("{\"text\": \"x\", \"a\": 1, \"data\": [{\"a\": 2}]}", &[(1, "1")]);
        expect("[{\"a\": 1}", &[(1, "1"), (2, "cut off: the")]);
        expect("[]", &[]);
    }

    #[test]
    fn a_bad_element_costs_no_other() {
        expect(
            "[{\"a\": 1}, {\"a\" 2}, 7, \"x, y\", {\"a\": 3}]",
            &[
                (1, "1"),
                (2, "not a JSON o"),
                (3, "not a JSON o"),
                (4, "not a JSON o"),
                (5, "3"),
            ],
        );
        expect("[{\"a\": 1}, {\"a\": {", &[(1, "1"), (2, "cut off: the")]);
        let long = format!("[{{\"a\": \"{}\"}}, {{\"a\": 2}}]", "x".repeat(500));
        let found = rows(&long, 100);
        assert_eq!(found[1], (2, "2".to_owned()));
        assert!(found[0].1.starts_with("509 bytes"), "{found:?}");
        let deep = format!("[{}1{}, {{\"a\": 2}}]", "[".repeat(90_000), "]".repeat(90_000));
        assert!(rows(&deep, 1 << 20).iter().any(|row| row.1 == "2"));
    }
}
