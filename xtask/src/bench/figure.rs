//! A figure, its aim, and how both are shown.

use super::machine::Measured;
use serde_json::{Value, json};

/// What a figure should be. Ratios count in hundredths.
#[derive(Clone, Copy)]
pub(super) enum Aim {
    /// This much or more.
    AtLeast(u64),
    /// This much or less.
    AtMost(u64),
}

impl Aim {
    fn is_met(self, figure: u64) -> bool {
        match self {
            Self::AtLeast(least) => figure >= least,
            Self::AtMost(most) => figure <= most,
        }
    }
}

/// In what a figure is counted.
#[derive(Clone, Copy)]
enum Unit {
    OrdersASecond,
    Hundredths(&'static str),
    Micros,
    Mib,
    Count,
    /// Nothing: it could not be measured.
    Missing,
}

/// A measured figure.
pub(super) struct Figure {
    what: String,
    /// With how many orders or postings.
    size: u64,
    figure: u64,
    unit: Unit,
    aim: Option<Aim>,
    /// Whether it was measured with as much as the aim is for.
    comparable: bool,
    measured: Measured,
}

impl Figure {
    fn new(
        what: &str,
        size: u64,
        (figure, unit): (u64, Unit),
        aim: Option<Aim>,
        by: &Measured,
    ) -> Self {
        let (what, measured) = (what.to_owned(), by.clone());
        Self { what, size, figure, unit, aim, comparable: true, measured }
    }

    /// How many orders a second of processor time goes through.
    pub(super) fn speed(what: &str, orders: u64, by: &Measured, aim: Option<u64>) -> Self {
        let speed = (per_second(orders, by.cpu_micros), Unit::OrdersASecond);
        Self::new(what, orders, speed, aim.map(Aim::AtLeast), by)
    }

    /// What of the time was waited for the disk.
    pub(super) fn waiting(what: &str, orders: u64, by: &Measured) -> Self {
        Self::new(what, orders, (by.waiting_micros, Unit::Micros), None, by)
    }

    /// A time, at most `aim` microseconds.
    pub(super) fn time(what: &str, size: u64, micros: u64, aim: u64, by: &Measured) -> Self {
        Self::new(what, size, (micros, Unit::Micros), Some(Aim::AtMost(aim)), by)
    }

    /// The most memory, at most `aim` MiB.
    pub(super) fn memory(what: &str, size: u64, by: &Measured, aim: u64) -> Self {
        let peak = (by.peak_kib.div_ceil(1_024), Unit::Mib);
        Self::new(what, size, peak, Some(Aim::AtMost(aim)), by)
    }

    /// The same figure; where it was measured with less than its aim is for, the aim is shown, but
    /// nothing is said of whether it is met.
    pub(super) fn aimed_at(self, size: u64) -> Self {
        Self { comparable: self.size >= size, ..self }
    }

    /// Whether the aim is met, where that can be said.
    fn met(&self) -> Option<bool> {
        match self.unit {
            Unit::Missing => Some(false),
            _ => self.aim.filter(|_| self.comparable).map(|aim| aim.is_met(self.figure)),
        }
    }

    /// A count, at most `aim`.
    pub(super) fn count(what: &str, size: u64, count: u64, aim: u64, by: &Measured) -> Self {
        Self::new(what, size, (count, Unit::Count), Some(Aim::AtMost(aim)), by)
    }

    /// A count without an aim.
    pub(super) fn told(what: &str, size: u64, count: u64, by: &Measured) -> Self {
        Self::new(what, size, (count, Unit::Count), None, by)
    }

    /// One number against another, with an aim in hundredths.
    pub(super) fn ratio(
        what: &str,
        size: u64,
        (part, whole): (u64, u64),
        unit: &'static str,
        aim: Aim,
        by: &Measured,
    ) -> Self {
        let hundredths = part * 100 / whole.max(1);
        Self::new(what, size, (hundredths, Unit::Hundredths(unit)), Some(aim), by)
    }

    /// What could not be measured, since the program fails at it. No aim is met by that.
    pub(super) fn missing(what: &str, size: u64, why: &str) -> Self {
        let details = json!({ "why": why });
        let by = Measured { cpu_micros: 0, waiting_micros: 0, peak_kib: 0, details };
        Self::new(what, size, (0, Unit::Missing), None, &by)
    }

    /// The same for a program to read.
    pub(super) fn json(&self) -> Value {
        let (kind, aim) = match self.aim {
            Some(Aim::AtLeast(least)) => (Some("at least"), Some(least)),
            Some(Aim::AtMost(most)) => (Some("at most"), Some(most)),
            None => (None, None),
        };
        let unit = match self.unit {
            Unit::OrdersASecond => "orders a second",
            Unit::Hundredths(_) => "hundredths",
            Unit::Micros => "microseconds",
            Unit::Mib => "MiB",
            Unit::Count => "count",
            Unit::Missing => "it fails",
        };
        json!({
            "what": self.what,
            "size": self.size,
            "figure": self.figure,
            "unit": unit,
            "aim": aim,
            "aim_is": kind,
            "met": self.met(),
            "cpu_micros": self.measured.cpu_micros,
            "waiting_micros": self.measured.waiting_micros,
            "peak_kib": self.measured.peak_kib,
            "details": self.measured.details,
        })
    }

    fn cells(&self) -> [String; 7] {
        let aim = match self.aim {
            None => String::new(),
            Some(Aim::AtLeast(least)) => format!("≥ {}", self.unit.text(least)),
            Some(Aim::AtMost(most)) => format!("≤ {}", self.unit.text(most)),
        };
        let met = match self.met() {
            None => "",
            Some(true) => "yes",
            Some(false) => "no",
        };
        [
            self.what.clone(),
            grouped(self.size),
            self.unit.text(self.figure),
            aim,
            met.to_owned(),
            Unit::Micros.text(self.measured.cpu_micros),
            Unit::Mib.text(self.measured.peak_kib.div_ceil(1_024)),
        ]
    }
}

impl Unit {
    fn text(self, figure: u64) -> String {
        match self {
            Self::OrdersASecond => format!("{}/s", grouped(figure)),
            Self::Hundredths(unit) => {
                format!("{}.{:02} {unit}", figure / 100, figure % 100).trim_end().to_owned()
            }
            Self::Micros => {
                format!("{}.{:03} s", grouped(figure / 1_000_000), figure % 1_000_000 / 1_000)
            }
            Self::Mib => format!("{} MiB", grouped(figure)),
            Self::Count => grouped(figure),
            Self::Missing => "it fails".to_owned(),
        }
    }
}

/// How many a second there are, at so many microseconds for all.
pub(super) fn per_second(count: u64, micros: u64) -> u64 {
    count * 1_000_000 / micros.max(1)
}

/// A number with commas: `1,000,000`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// All figures as a table.
pub(super) fn table(figures: &[Figure]) -> String {
    let heads = ["what", "size", "figure", "aim", "met", "CPU", "memory"].map(str::to_owned);
    let rows: Vec<[String; 7]> =
        std::iter::once(heads).chain(figures.iter().map(Figure::cells)).collect();
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|row| row.get(column));
        cells.map(|cell| cell.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..7).map(width).collect();
    let mut text = String::new();
    for row in &rows {
        for (place, (cell, width)) in row.iter().zip(&widths).enumerate() {
            let filling = " ".repeat(width - cell.chars().count());
            let cell = if place == 0 { cell.clone() + &filling } else { filling + cell };
            text += if place == 0 { "" } else { "  " };
            text += &cell;
        }
        text.truncate(text.trim_end().len());
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_stands_beside_its_aim() {
        let details = json!({});
        let by = Measured { cpu_micros: 2_500_000, waiting_micros: 0, peak_kib: 2_048, details };
        let figures = [
            Figure::speed("fast", 100_000, &by, Some(30_000)),
            Figure::speed("slow", 10_000, &by, Some(30_000)),
            Figure::ratio("rows", 10, (35, 10), "", Aim::AtMost(300), &by),
            Figure::memory("room", 10, &by, 1).aimed_at(1_000),
            Figure::missing("none", 10, "it is not read"),
        ];
        let expected = "\
what     size    figure         aim  met      CPU  memory
fast  100,000  40,000/s  ≥ 30,000/s  yes  2.500 s   2 MiB
slow   10,000   4,000/s  ≥ 30,000/s   no  2.500 s   2 MiB
rows       10      3.50      ≤ 3.00   no  2.500 s   2 MiB
room       10     2 MiB     ≤ 1 MiB       2.500 s   2 MiB
none       10  it fails               no  0.000 s   0 MiB
";
        assert_eq!(table(&figures), expected);
        assert_eq!(figures[2].json()["met"], false);
    }
}
