//! Lists in parts: a cursor that a client hands back as it got it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rmcp::ErrorData;
use rmcp::model::PaginatedRequestParams;

/// One part of `items`, from the place of the request's cursor on, and the cursor of the next.
///
/// A cursor names the last item of its part, so that a list which grew or shrank meanwhile goes on
/// at the right place; if that very item is gone, the client is told to begin again (MCP,
/// Pagination: an invalid cursor is an invalid-params error).
pub(crate) fn page<T>(
    list: &str,
    items: Vec<T>,
    request: Option<&PaginatedRequestParams>,
    size: usize,
    key: impl Fn(&T) -> &str,
) -> Result<(Vec<T>, Option<String>), ErrorData> {
    let start = match request.and_then(|request| request.cursor.as_deref()) {
        None => 0,
        Some(cursor) => place(list, &items, cursor, &key).ok_or_else(|| unknown(list))?,
    };
    let (all, size) = (items.len(), size.max(1));
    let part: Vec<T> = items.into_iter().skip(start).take(size).collect();
    let ends = start + part.len() >= all;
    let next = part.last().filter(|_| !ends).map(|last| cursor(list, key(last)));
    Ok((part, next))
}

fn cursor(list: &str, last: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{list}\n{last}"))
}

fn place<T>(list: &str, items: &[T], cursor: &str, key: &impl Fn(&T) -> &str) -> Option<usize> {
    let text = String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()?;
    let (of, last) = text.split_once('\n')?;
    if of != list {
        return None;
    }
    items.iter().position(|item| key(item) == last).map(|at| at + 1)
}

fn unknown(list: &str) -> ErrorData {
    ErrorData::invalid_params(
        format!("unknown cursor: send {list} without a cursor to begin again"),
        None,
    )
}

#[cfg(test)]
mod tests {
    use rmcp::model::{ErrorCode, PaginatedRequestParams};

    use super::page;

    fn at(cursor: &str) -> PaginatedRequestParams {
        PaginatedRequestParams::default().with_cursor(Some(cursor.to_owned()))
    }

    #[test]
    fn parts_make_up_the_list() {
        let items: Vec<String> = (0..7).map(|n| format!("item {n}")).collect();
        let (mut seen, mut request) = (Vec::new(), None);
        loop {
            let part = page("tools/list", items.clone(), request.as_ref(), 3, |i| i);
            let (part, next) = part.unwrap();
            assert!(part.len() <= 3);
            seen.extend(part);
            let Some(next) = next else { break };
            request = Some(at(&next));
        }
        assert_eq!(seen, items);
        let (part, next) = page("tools/list", items.clone(), None, 7, |i| i).unwrap();
        assert_eq!((part, next), (items, None));
    }

    #[test]
    fn a_cursor_is_good_for_its_list_alone() {
        let items = vec!["a", "b", "c"];
        let (_, next) = page("tools/list", items.clone(), None, 2, |i| i).unwrap();
        let request = at(&next.unwrap());
        for (list, items) in [("prompts/list", items), ("tools/list", vec!["a", "c"])] {
            let error = page(list, items, Some(&request), 2, |i| i).unwrap_err();
            assert_eq!(error.code, ErrorCode::INVALID_PARAMS);
        }
        let rubbish = at("2");
        assert!(page("tools/list", vec!["a"], Some(&rubbish), 2, |i| i).is_err());
    }
}
