//! What a stage of an opportunity implies (stock stages of a new org).

/// A stage and the values that follow from it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Stage {
    pub(crate) name: &'static str,
    /// Percent.
    pub(crate) probability: f64,
    pub(crate) closed: bool,
    pub(crate) won: bool,
    /// `ForecastCategory`.
    pub(crate) forecast: &'static str,
    /// `ForecastCategoryName`.
    pub(crate) forecast_name: &'static str,
}

const fn open(name: &'static str, probability: f64, best_case: bool) -> Stage {
    let (forecast, forecast_name) =
        if best_case { ("BestCase", "Best Case") } else { ("Pipeline", "Pipeline") };
    Stage { name, probability, closed: false, won: false, forecast, forecast_name }
}

/// In the order of the picklist.
pub(crate) const STAGES: [Stage; 10] = [
    open("Prospecting", 10.0, false),
    open("Qualification", 10.0, false),
    open("Needs Analysis", 20.0, false),
    open("Value Proposition", 50.0, false),
    open("Id. Decision Makers", 60.0, false),
    open("Perception Analysis", 70.0, false),
    open("Proposal/Price Quote", 75.0, true),
    open("Negotiation/Review", 90.0, true),
    Stage {
        name: "Closed Won",
        probability: 100.0,
        closed: true,
        won: true,
        forecast: "Closed",
        forecast_name: "Closed",
    },
    Stage {
        name: "Closed Lost",
        probability: 0.0,
        closed: true,
        won: false,
        forecast: "Omitted",
        forecast_name: "Omitted",
    },
];

/// The stage of that name; an unknown one counts as the first.
pub(crate) fn stage(name: &str) -> Stage {
    STAGES.into_iter().find(|stage| stage.name.eq_ignore_ascii_case(name)).unwrap_or(STAGES[0])
}

/// `ExpectedRevenue`, in whole cents; `probability` in percent.
pub(crate) fn expected_revenue(amount: f64, probability: f64) -> f64 {
    (amount * probability).round() / 100.0
}

/// Year and quarter of a date `YYYY-MM-DD`; the fiscal year is the calendar's.
pub(crate) fn fiscal(date: &str) -> (i64, i64) {
    let part = |range| date.get(range).and_then(|text: &str| text.parse::<i64>().ok());
    let (year, month) = (part(0..4).unwrap_or(1970), part(5..7).unwrap_or(1));
    (year, (month - 1) / 3 + 1)
}
