//! HTML that cannot be broken into: markup comes from literals, everything else is escaped.

/// A page that is being written.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// Markup; only what stands in our source can be.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Text, escaped for element and attribute alike.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        escape_into(&mut self.0, text);
        self
    }

    /// An element with nothing but text in it.
    pub(crate) fn within(&mut self, element: &'static str, text: &str) -> &mut Self {
        self.raw("<").raw(element).raw(">").text(text).raw("</").raw(element).raw(">")
    }

    /// Paragraphs, with `code` between backticks: all that descriptions use of Markdown.
    pub(crate) fn prose(&mut self, text: &str) -> &mut Self {
        for paragraph in text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
            self.raw("<p>").inline(paragraph).raw("</p>\n");
        }
        self
    }

    /// A text with `code` between backticks.
    pub(crate) fn inline(&mut self, text: &str) -> &mut Self {
        for (position, part) in text.split('`').enumerate() {
            if position % 2 == 0 {
                self.text(part);
            } else {
                self.within("code", part);
            }
        }
        self
    }

    /// A link to an address of this server.
    pub(crate) fn link(&mut self, path: &str) -> &mut Self {
        self.raw("<a href=\"").text(path).raw("\">").text(path).raw("</a>")
    }

    /// A method as a badge.
    pub(crate) fn method(&mut self, method: &str) -> &mut Self {
        self.raw("<b class=\"method ").text(method).raw("\">").text(method).raw("</b>")
    }

    /// What was written.
    pub(crate) fn into_string(self) -> String {
        self.0
    }
}

/// A text, escaped.
pub(crate) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    escape_into(&mut out, text);
    out
}

fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c => out.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_is_no_literal_is_escaped() {
        let mut page = Html::default();
        page.within("p", r#"<script>"&'"#).prose("a `<b>` c\n\nd").link("\"><x>").method("<get>");
        assert_eq!(
            page.into_string(),
            "<p>&lt;script&gt;&quot;&amp;&#39;</p><p>a <code>&lt;b&gt;</code> c</p>\n<p>d</p>\n\
             <a href=\"&quot;&gt;&lt;x&gt;\">&quot;&gt;&lt;x&gt;</a>\
             <b class=\"method &lt;get&gt;\">&lt;get&gt;</b>"
        );
    }

    #[test]
    fn a_backtick_alone_swallows_nothing() {
        let mut page = Html::default();
        page.inline("a ` b");
        assert_eq!(page.into_string(), "a <code> b</code>");
    }
}
