//! A summary as people read it.

use std::fmt;

use super::{SummaryReport, HOLDER};
use crate::evaluation::report::{shown_percent, COLUMN};
use crate::evaluation::Clusters;
use crate::output::{counted, printable};
use crate::stance::Stance;
use crate::summary::{GroupSummary, Unit, Voice, VoiceSummary};

/// How wide a count is.
const COUNT: usize = 8;

/// How wide a column of a voice is.
const VOICE: usize = COUNT + COLUMN;

/// Marks intervals that are too narrow.
const MARK: &str = "*";

impl fmt::Display for SummaryReport {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let summary = &self.summary;
        writeln!(out, "{}", self.files())?;
        write_group(out, "all statements", &summary.whole)?;
        let shown = summary.groups.iter().take(self.limit);
        for group in shown.clone() {
            write_group(out, &self.name_of(group), group)?;
        }
        self.write_rest(out)?;
        let is_marked = std::iter::once(&summary.whole)
            .chain(shown)
            .flat_map(GroupSummary::voices)
            .any(|(_, voice)| is_marked(voice));
        write_notes(out, is_marked)
    }
}

impl SummaryReport {
    fn name_of(&self, group: &GroupSummary) -> String {
        let values = self
            .by
            .iter()
            .zip(&group.values)
            .map(|(field, value)| match value {
                Some(value) => format!("{field} {}", printable(value)),
                None if field == HOLDER => "(the outlet's own voice)".to_owned(),
                None => format!("without {field}"),
            });
        values.collect::<Vec<_>>().join(", ")
    }

    /// What of the groups is not shown.
    fn write_rest(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = self.summary.groups.len().saturating_sub(self.limit);
        if more > 0 {
            writeln!(out, "\n… and {more} more, in --csv and --json")?;
        }
        let left_out = self.summary.left_out;
        if left_out.groups > 0 {
            writeln!(
                out,
                "\nLeft out for having too few statements: {}, with {} together",
                counted(left_out.groups, "group"),
                counted(left_out.statements as usize, "statement")
            )?;
        }
        Ok(())
    }
}

fn write_group(out: &mut fmt::Formatter<'_>, name: &str, group: &GroupSummary) -> fmt::Result {
    let voices: Vec<(Voice, &VoiceSummary)> = group.voices().collect();
    // Where one voice alone speaks, it is all.
    let voices = match voices.as_slice() {
        [one, (Voice::All, _)] => std::slice::from_ref(one),
        voices => voices,
    };
    writeln!(out, "\n{name}")?;
    write_row(
        out,
        "",
        voices.iter().map(|(voice, _)| heading(*voice).to_owned()),
    )?;
    write_row(out, "", voices.iter().map(|(_, voice)| scope(voice)))?;
    for stance in Stance::ALL {
        let cells = voices.iter().map(|(_, voice)| {
            let found = &voice.stances[stance.index()];
            format!("{} {:>COLUMN$}", found.count, shown_percent(&found.share))
        });
        write_row(out, stance.name(), cells)?;
    }
    if voices.iter().any(|(_, voice)| voice.abstained > 0) {
        let cells = voices.iter().map(|(_, voice)| {
            // Under the counts.
            format!("{} {:COLUMN$}", voice.abstained, "")
        });
        write_row(out, "(no stance)", cells)?;
    }
    Ok(())
}

fn write_row(out: &mut fmt::Formatter<'_>, name: &str, cells: impl Iterator<Item = String>) -> fmt::Result {
    let row = cells.fold(format!("{name:17}"), |row, cell| format!("{row}{cell:>VOICE$}"));
    writeln!(out, "{}", row.trim_end())
}

fn heading(voice: Voice) -> &'static str {
    match voice {
        Voice::Reported => "reported voice",
        Voice::Outlet => "outlet voice",
        Voice::All => "all",
    }
}

fn scope(voice: &VoiceSummary) -> String {
    let mark = if is_marked(voice) { MARK } else { "" };
    match voice.articles {
        0 => counted(voice.statements as usize, "statement"),
        articles => format!(
            "{} in {}{mark}",
            voice.statements,
            counted(articles as usize, "article")
        ),
    }
}

fn is_marked(voice: &VoiceSummary) -> bool {
    voice.unit == Unit::StatementOfFewArticles
}

fn write_notes(out: &mut fmt::Formatter<'_>, is_marked: bool) -> fmt::Result {
    writeln!(
        out,
        "\nReported voice: somebody whom the article names. Outlet voice: the article itself, which does not share\n\
         what it quotes. Brackets: 95% intervals, with articles for the units that were drawn. They tell of\n\
         sampling alone, not of the model's errors, which do not cancel: demarche shares corrects for those."
    )?;
    if is_marked {
        writeln!(
            out,
            "{MARK} fewer than {} articles: intervals by statement, too narrow where those of one article are alike",
            Clusters::FEWEST
        )?;
    }
    Ok(())
}
