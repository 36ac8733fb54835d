//! How long parsing and printing take: `cargo bench -p sf-soql`.

use divan::{Bencher, black_box};

fn main() {
    divan::main();
}

/// 310 characters with a bit of everything that agents send.
const STATEMENT: &str = "SELECT Id, Name, Account.Owner.Name, Amount, CloseDate, (SELECT Id, Quantity FROM \
    OpportunityLineItems WHERE Quantity > 1) FROM Opportunity WHERE (StageName IN ('Prospecting', 'Closed Won') OR \
    Amount >= 10000.50) AND CloseDate = LAST_N_DAYS:90 AND Name LIKE '%O\\'Brien%' ORDER BY CloseDate DESC NULLS LAST, \
    Name LIMIT 200";

#[divan::bench]
fn parse(bencher: Bencher) {
    bencher
        .counter(divan::counter::CharsCount::of_str(STATEMENT))
        .bench(|| sf_soql::parse(black_box(STATEMENT)));
}

#[divan::bench]
fn print(bencher: Bencher) {
    let query = sf_soql::parse(STATEMENT).ok();
    bencher.bench(|| query.as_ref().map(ToString::to_string));
}

#[divan::bench]
fn refuse(bencher: Bencher) {
    let misspelt = STATEMENT.replace("LIMIT", "LIMTI");
    bencher.bench(|| sf_soql::parse(black_box(&misspelt)));
}

/// 310 characters of a search as an agent sends it.
const SEARCH: &str = "FIND {(acme AND \"widget company\") OR (O\\'Brien* AND NOT test)} IN ALL FIELDS \
    RETURNING Account(Id, Name, Owner.Name WHERE Industry IN ('Banking', 'Energy') ORDER BY Name LIMIT 20), \
    Contact(Id, Name, Email WHERE Email != NULL AND CreatedDate = LAST_N_DAYS:90 LIMIT 20), Lead(Id, Company) WITH HIGHLIGHT \
    LIMIT 60";

#[divan::bench]
fn parse_search(bencher: Bencher) {
    bencher
        .counter(divan::counter::CharsCount::of_str(SEARCH))
        .bench(|| sf_soql::parse_search(black_box(SEARCH)));
}

#[divan::bench]
fn print_search(bencher: Bencher) {
    let search = sf_soql::parse_search(SEARCH).ok();
    bencher.bench(|| search.as_ref().map(ToString::to_string));
}

/// A tree printed, parsed again and compared.
#[divan::bench]
fn checked_print(bencher: Bencher) {
    let query = sf_soql::parse(STATEMENT).ok();
    bencher.bench(|| query.as_ref().map(sf_soql::ast::Query::to_soql));
}

#[divan::bench]
fn in_list_of_1000_ids(bencher: Bencher) {
    let ids: Vec<String> = (0..1000).map(|id| format!("'003{id:015}'")).collect();
    let statement = format!("SELECT Id FROM Contact WHERE Id IN ({})", ids.join(", "));
    bencher.bench(|| sf_soql::parse(black_box(&statement)));
}
