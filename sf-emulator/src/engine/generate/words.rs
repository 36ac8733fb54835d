//! Names and places to draw from, kept as lists in data files.

use super::random::Random;

/// All lists, split into lines once.
#[derive(Debug)]
pub(super) struct Words {
    pub(super) first_names: Vec<&'static str>,
    pub(super) last_names: Vec<&'static str>,
    company_words: Vec<&'static str>,
    company_kinds: Vec<&'static str>,
    company_forms: Vec<&'static str>,
    pub(super) streets: Vec<&'static str>,
    pub(super) titles: Vec<&'static str>,
    pub(super) departments: Vec<&'static str>,
    pub(super) subjects: Vec<&'static str>,
    cities: Vec<City>,
}

/// A city with what belongs to it.
#[derive(Debug, Clone, Copy)]
pub(super) struct City {
    pub(super) name: &'static str,
    pub(super) state: Option<&'static str>,
    pub(super) postal_code: &'static str,
    pub(super) country: &'static str,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

impl City {
    /// From `name|state|postal code|country|latitude|longitude`.
    fn new(line: &'static str) -> Self {
        let mut parts = line.split('|');
        let mut next = || parts.next().unwrap_or_default();
        Self {
            name: next(),
            state: Some(next()).filter(|state| !state.is_empty()),
            postal_code: next(),
            country: next(),
            latitude: next().parse().unwrap_or_default(),
            longitude: next().parse().unwrap_or_default(),
        }
    }
}

/// The first accounts: names that break careless escaping.
pub(super) const FIXED_ACCOUNTS: [&str; 10] = [
    "Meridian Freight, Inc.",
    "O'Brien & Sons, Ltd.",
    "Müller Maschinenbau GmbH",
    "日本精密株式会社",
    "\"Quoted\" Media",
    "100% Organic_Foods",
    "Back\\slash Systems",
    "Café del Mar S.L.",
    "A/B Testing <Labs>",
    "Łódź Textiles Sp. z o.o.",
];

impl Words {
    pub(super) fn load() -> Self {
        let lines = |text: &'static str| text.lines().collect();
        Self {
            first_names: lines(include_str!("../../data/words/first_names.txt")),
            last_names: lines(include_str!("../../data/words/last_names.txt")),
            company_words: lines(include_str!("../../data/words/company_words.txt")),
            company_kinds: lines(include_str!("../../data/words/company_kinds.txt")),
            company_forms: lines(include_str!("../../data/words/company_forms.txt")),
            streets: lines(include_str!("../../data/words/streets.txt")),
            titles: lines(include_str!("../../data/words/titles.txt")),
            departments: lines(include_str!("../../data/words/departments.txt")),
            subjects: lines(include_str!("../../data/words/subjects.txt")),
            cities: include_str!("../../data/words/cities.txt").lines().map(City::new).collect(),
        }
    }

    pub(super) fn company(&self, random: &mut Random) -> String {
        let (word, kind) = (random.pick(&self.company_words), random.pick(&self.company_kinds));
        let form = random.pick(&self.company_forms).trim();
        if form.is_empty() { format!("{word} {kind}") } else { format!("{word} {kind} {form}") }
    }

    pub(super) fn city(&self, random: &mut Random) -> City {
        let bound = u32::try_from(self.cities.len()).unwrap_or(u32::MAX);
        self.cities[random.below(bound) as usize]
    }

    pub(super) fn street(&self, random: &mut Random) -> String {
        let number = random.between(1, 480);
        let street = random.pick(&self.streets);
        if random.chance(12) {
            format!("{number} {street}\nFloor {}", random.between(2, 30))
        } else {
            format!("{number} {street}")
        }
    }

    pub(super) fn phone(random: &mut Random) -> String {
        format!("+1 (555) {:03}-{:04}", random.between(100, 999), random.below(10_000))
    }
}

/// Lower-case ASCII letters of a name, for addresses.
pub(super) fn ascii(name: &str) -> String {
    let folded: String = name
        .chars()
        .filter_map(|char| match char {
            'a'..='z' | '0'..='9' => Some(char),
            'A'..='Z' => Some(char.to_ascii_lowercase()),
            'á' | 'à' | 'ã' | 'å' => Some('a'),
            'é' | 'è' | 'ë' => Some('e'),
            'í' | 'ı' => Some('i'),
            'ó' | 'ö' | 'ø' => Some('o'),
            'ú' | 'ü' => Some('u'),
            'ç' => Some('c'),
            _ => None,
        })
        .collect();
    if folded.is_empty() { "contact".to_owned() } else { folded }
}
