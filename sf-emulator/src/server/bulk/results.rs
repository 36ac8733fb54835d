//! What became of the records of an ingest job, as CSV.

use std::io;

use super::job::Job;
use super::spec::Ingest;
use super::upload::Outcome;

/// Which records.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Which {
    Successful,
    Failed,
    Unprocessed,
}

/// The columns that the platform adds, the header as it was uploaded, and the
/// values in quotes.
pub(super) fn render(job: &Job<Ingest>, which: Which) -> io::Result<Vec<u8>> {
    let upload = job.task.upload();
    if !upload.has_data() {
        return Ok(Vec::new());
    }
    let data = upload.data()?;
    let dialect = job.dialect;
    let mut out = Vec::new();
    let delimiter = char::from(dialect.delimiter.byte());
    match which {
        Which::Successful => {
            out.extend(format!("\"sf__Id\"{delimiter}\"sf__Created\"{delimiter}").bytes());
        }
        Which::Failed => {
            out.extend(format!("\"sf__Id\"{delimiter}\"sf__Error\"{delimiter}").bytes());
        }
        Which::Unprocessed => {}
    }
    let header = data.split(|byte| *byte == b'\n').next().unwrap_or_default();
    out.extend(header.strip_suffix(b"\r").unwrap_or(header));
    out.extend(dialect.line_end().bytes());

    let mut writer = dialect.writer(out);
    let mut reader = dialect.reader(data.as_ref());
    let mut record = csv::ByteRecord::new();
    // Data that cannot be read failed its job; then there is nothing to list.
    let mut next =
        || matches!(reader.read_byte_record(&mut record), Ok(true)).then(|| record.clone());
    if next().is_none() {
        return Ok(finished(writer));
    }
    let mut outcomes = upload.outcomes.iter();
    while let Some(record) = next() {
        let added: Option<[&str; 2]> = match (which, outcomes.next()) {
            (Which::Successful, Some(Outcome::Written { id, created })) => {
                Some([id, if *created { "true" } else { "false" }])
            }
            (Which::Failed, Some(Outcome::Refused { id, error })) => Some([id, error]),
            (Which::Unprocessed, None) => None,
            _ => continue,
        };
        let added = added.into_iter().flatten().map(str::as_bytes);
        // Writing to memory cannot fail.
        let _ = writer.write_record(added.chain(&record));
    }
    Ok(finished(writer))
}

fn finished(writer: csv::Writer<Vec<u8>>) -> Vec<u8> {
    writer.into_inner().unwrap_or_default()
}
