//! Exclusive XML Canonicalization 1.0 (W3C Recommendation, 18 July 2002) of one
//! element, without comments.
//!
//! A signature is over this text, in which writing differently what means the
//! same makes no difference.

use std::collections::{BTreeMap, BTreeSet};

use roxmltree::{Attribute, Node, NodeId};

/// No assertion is nested as deeply.
const MAX_DEPTH: usize = 64;

/// The canonical text of `element`; `without` is left out with all inside it.
/// The prefixes of `inclusive` (`InclusiveNamespaces PrefixList`, where the empty
/// one is the default namespace) are declared whether they are used or not.
///
/// `None` if the element is nested too deeply.
pub(crate) fn exclusive<'a>(
    element: Node<'a, 'a>,
    without: Option<NodeId>,
    inclusive: &BTreeSet<&'a str>,
) -> Option<String> {
    let mut writer = Writer { out: String::new(), without, inclusive };
    writer.element(element, &BTreeMap::new(), 0)?;
    Some(writer.out)
}

struct Writer<'w, 'a> {
    out: String,
    without: Option<NodeId>,
    inclusive: &'w BTreeSet<&'a str>,
}

impl<'a> Writer<'_, 'a> {
    /// `declared` is what the elements around this one declare in the output.
    fn element(
        &mut self,
        node: Node<'a, 'a>,
        declared: &BTreeMap<&'a str, &'a str>,
        depth: usize,
    ) -> Option<()> {
        if depth > MAX_DEPTH {
            return None;
        }
        let name = element_name(node)?;
        let mut attributes: Vec<(Attribute<'a, 'a>, &'a str)> = Vec::new();
        for attribute in node.attributes() {
            attributes
                .push((attribute, node.document().input_text().get(attribute.range_qname())?));
        }
        // By namespace and local name; those without a namespace come first.
        attributes.sort_by_key(|(attribute, _)| (attribute.namespace(), attribute.name()));

        let mut prefixes = self.inclusive.clone();
        prefixes.insert(prefix(name).unwrap_or_default());
        prefixes.extend(attributes.iter().filter_map(|(_, name)| prefix(name)));
        prefixes.remove("xml");

        let mut declared = declared.clone();
        self.out.push('<');
        self.out.push_str(name);
        for prefix in prefixes {
            let known = (!prefix.is_empty()).then_some(prefix);
            let uri = node.lookup_namespace_uri(known).unwrap_or_default();
            if declared.get(prefix).copied().unwrap_or_default() == uri {
                continue;
            }
            self.out.push_str(if prefix.is_empty() { " xmlns" } else { " xmlns:" });
            self.out.push_str(prefix);
            self.value(uri);
            declared.insert(prefix, uri);
        }
        for (attribute, name) in attributes {
            self.out.push(' ');
            self.out.push_str(name);
            self.value(attribute.value());
        }
        self.out.push('>');
        let without = self.without;
        for child in node.children().filter(|child| Some(child.id()) != without) {
            if child.is_element() {
                self.element(child, &declared, depth + 1)?;
            } else if let Some(pi) = child.pi() {
                let value = pi.value.map(|value| format!(" {value}")).unwrap_or_default();
                self.out.push_str(&format!("<?{}{value}?>", pi.target));
            } else if child.is_text() {
                self.text(child.text().unwrap_or_default());
            }
        }
        self.out.push_str(&format!("</{name}>"));
        Some(())
    }

    fn value(&mut self, value: &str) {
        self.out.push_str("=\"");
        for c in value.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '"' => self.out.push_str("&quot;"),
                '\t' => self.out.push_str("&#x9;"),
                '\n' => self.out.push_str("&#xA;"),
                '\r' => self.out.push_str("&#xD;"),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '&' => self.out.push_str("&amp;"),
                '<' => self.out.push_str("&lt;"),
                '>' => self.out.push_str("&gt;"),
                '\r' => self.out.push_str("&#xD;"),
                c => self.out.push(c),
            }
        }
    }
}

/// The name as it is written: the parser keeps the namespace and no prefix.
fn element_name<'a>(node: Node<'a, 'a>) -> Option<&'a str> {
    let tag = node.document().input_text().get(node.range())?.strip_prefix('<')?;
    let end = tag.find(|c: char| c.is_ascii_whitespace() || c == '/' || c == '>')?;
    tag.get(..end)
}

fn prefix(name: &str) -> Option<&str> {
    name.split_once(':').map(|(prefix, _)| prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The canonical text of the first `e` in a document, without its `gone`.
    fn of(xml: &str, inclusive: &[&str]) -> String {
        let document = roxmltree::Document::parse(xml).unwrap();
        let find = |name: &str| document.descendants().find(|node| node.tag_name().name() == name);
        let inclusive = inclusive.iter().copied().collect();
        exclusive(find("e").unwrap(), find("gone").map(|node| node.id()), &inclusive).unwrap()
    }

    /// The expected texts are what libxml2 writes.
    #[test]
    fn texts_are_those_of_other_implementations() {
        let cases = [
            (
                r#"<r xmlns="urn:d" xmlns:a="urn:a" xmlns:u="urn:u"><e a:z='1' b="2" a="3"/></r>"#,
                r#"<e xmlns="urn:d" xmlns:a="urn:a" a="3" b="2" a:z="1"></e>"#,
            ),
            (
                r#"<p:r xmlns:p="urn:p"><p:e><p:c/><c xmlns="urn:c"><c xmlns=""/></c></p:e></p:r>"#,
                r#"<p:e xmlns:p="urn:p"><p:c></p:c><c xmlns="urn:c"><c xmlns=""></c></c></p:e>"#,
            ),
            (
                "<r><e q='a&#9;b&quot;&lt;&gt;'  xml:lang=\"en\">x &amp; &#13;<![CDATA[<y> & ]]>&gt;<!-- gone --><?go  on?></e></r>",
                "<e q=\"a&#x9;b&quot;&lt;>\" xml:lang=\"en\">x &amp; &#xD;&lt;y&gt; &amp; &gt;<?go on?></e>",
            ),
            (
                r#"<r xmlns:b="urn:2" xmlns:a="urn:9"><e b:k="1" a:k="2"><gone><e/></gone>t</e></r>"#,
                r#"<e xmlns:a="urn:9" xmlns:b="urn:2" b:k="1" a:k="2">t</e>"#,
            ),
        ];
        for (xml, expected) in cases {
            assert_eq!(of(xml, &[]), expected);
        }
        let values = r#"<r xmlns="urn:d" xmlns:xs="urn:xs"><e><v t="xs:s"/></e></r>"#;
        assert_eq!(
            of(values, &["xs", "", "unknown"]),
            r#"<e xmlns="urn:d" xmlns:xs="urn:xs"><v t="xs:s"></v></e>"#
        );
    }

    #[test]
    fn depth_has_an_end() {
        let xml = format!("{}{}", "<e>".repeat(66), "</e>".repeat(66));
        let document = roxmltree::Document::parse(&xml).unwrap();
        assert!(exclusive(document.root_element(), None, &BTreeSet::new()).is_none());
    }
}
