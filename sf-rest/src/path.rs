//! Percent-encoding of path segments and query parameters.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::Error;
use crate::ops::reference::Segment;

/// All but the unreserved characters of RFC 3986.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Replaces each `{name}` of the template by the next segment.
pub(crate) fn fill(template: &str, segments: &[Segment<'_>]) -> Result<String, Error> {
    let mut path = String::with_capacity(template.len() + 40);
    let mut values = segments.iter();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        let (name, after) = after
            .split_once('}')
            .ok_or_else(|| Error::invalid(format!("the path template {template} is not closed")))?;
        let value = values
            .next()
            .ok_or_else(|| Error::invalid(format!("{template} needs a value for {name}")))?;
        path.push_str(before);
        match value {
            Segment::Text(text) => path.push_str(&segment(name, text)?),
            Segment::Reference(reference) => path.push_str(reference.as_str()),
        }
        rest = after;
    }
    if values.next().is_some() {
        return Err(Error::invalid(format!("more values than {template} has places")));
    }
    path.push_str(rest);
    Ok(path)
}

/// URL parsers treat `.` and `..` as navigation even when they are encoded, so no path can carry
/// them.
pub(crate) fn segment(name: &str, value: &str) -> Result<String, Error> {
    match value {
        "" => Err(Error::invalid(format!("the {name} is empty"))),
        "." | ".." => Err(Error::invalid(format!("the {name} {value:?} cannot stand in a path"))),
        _ => Ok(utf8_percent_encode(value, RESERVED).to_string()),
    }
}

pub(crate) fn push_parameter(query: &mut String, name: &str, value: &str) {
    if !query.is_empty() {
        query.push('&');
    }
    query.extend(utf8_percent_encode(name, RESERVED));
    query.push('=');
    query.extend(utf8_percent_encode(value, RESERVED));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fill(template: &str, segments: &[&str]) -> Result<String, Error> {
        let segments: Vec<Segment<'_>> = segments.iter().copied().map(Segment::Text).collect();
        super::fill(template, &segments)
    }

    #[test]
    fn segments_cannot_leave_their_place() {
        let path =
            fill("sobjects/{object}/{field}/{value}", &["A", "Ext__c", "a/b?c#d%é .."]).unwrap();
        assert_eq!(path, "sobjects/A/Ext__c/a%2Fb%3Fc%23d%25%C3%A9%20..");
        for bad in ["", ".", ".."] {
            assert!(fill("sobjects/{object}", &[bad]).is_err());
        }
        assert!(fill("sobjects/{object}", &[]).is_err());
        assert!(fill("sobjects", &["x"]).is_err());
    }

    #[test]
    fn parameters() {
        let mut query = String::new();
        push_parameter(&mut query, "q", "SELECT Id FROM A WHERE n = 'x&y+z'");
        push_parameter(&mut query, "f", "1");
        assert_eq!(query, "q=SELECT%20Id%20FROM%20A%20WHERE%20n%20%3D%20%27x%26y%2Bz%27&f=1");
    }
}
