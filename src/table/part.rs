//! The part of a corpus that a row stands in.

use super::Row;

impl Row {
    /// The part of the corpus that this row stands in: the value of `field`. `month` and `year` are the
    /// beginning of an ISO 8601 `date` where there is no such field.
    pub fn part(&self, field: &str) -> Option<String> {
        let length = match field {
            _ if self.fields.contains_key(field) => return self.text(field),
            "month" => "2024-03".len(),
            "year" => "2024".len(),
            _ => return None,
        };
        let date = self.text("date")?;
        let beginning = date.get(..length)?;
        let is_digit = |(index, byte): (usize, u8)| match index {
            4 => byte == b'-',
            _ => byte.is_ascii_digit(),
        };
        beginning
            .bytes()
            .enumerate()
            .all(is_digit)
            .then(|| beginning.to_owned())
    }
}

/// True of fields whose parts follow each other in time: they are listed in that order.
pub(crate) fn is_of_time(field: &str) -> bool {
    matches!(field, "month" | "year")
}

/// What would also do for a field that no row has, for the error that says so.
pub(crate) fn part_hint(field: &str) -> &'static str {
    if is_of_time(field) {
        ", or a `date` that begins like 2024-03"
    } else {
        ""
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_and_years_come_from_iso_dates() {
        let row = |date: &str| Row {
            number: 1,
            fields: serde_json::json!({"date": date, "outlet": "A"})
                .as_object()
                .unwrap()
                .clone(),
        };
        assert_eq!(row("2024-03-11").part("month").as_deref(), Some("2024-03"));
        assert_eq!(row("1952").part("year").as_deref(), Some("1952"));
        assert_eq!(row("1952").part("month"), None);
        assert_eq!(row("11.03.2024").part("year"), None);
        assert_eq!(row("2024-03-11").part("outlet").as_deref(), Some("A"));
    }
}
