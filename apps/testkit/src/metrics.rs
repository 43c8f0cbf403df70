//! The text format of Prometheus, read as strictly as `promtool check metrics` does.

use std::collections::{BTreeMap, BTreeSet, HashMap};

/// A page of metrics that keeps every rule of the format.
///
/// ```
/// use registry_testkit::Scrape;
///
/// let page = "# HELP a_total What.\n# TYPE a_total counter\na_total{b=\"c\"} 2\n";
/// assert_eq!(Scrape::parse(page).sum("a_total", &[("b", "c")]), 2.0);
/// ```
#[derive(Clone, Debug, Default)]
pub struct Scrape {
    families: BTreeMap<String, Family>,
}

#[derive(Clone, Debug, Default)]
struct Family {
    help: Option<String>,
    kind: Option<String>,
    samples: Vec<Sample>,
    /// Another family began after this one: nothing more may come.
    closed: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Sample {
    name: String,
    labels: BTreeMap<String, String>,
    value: f64,
}

impl Scrape {
    /// Reads a page; panics with the line, or the series, that breaks a rule.
    pub fn parse(page: &str) -> Self {
        let mut scrape = Self::default();
        assert!(page.ends_with('\n'), "the last line has no end");
        for line in page.lines() {
            scrape.line(line);
        }
        for (name, family) in &scrape.families {
            family.check(name);
        }
        scrape
    }

    /// The names of all metrics.
    pub fn names(&self) -> BTreeSet<&str> {
        self.families.keys().map(String::as_str).collect()
    }

    /// The sum of all samples of this name (`…_count` for a histogram) that have these labels.
    pub fn sum(&self, name: &str, labels: &[(&str, &str)]) -> f64 {
        let all = self.families.values().flat_map(|family| &family.samples);
        let found = all.filter(|sample| sample.name == name && sample.has(labels));
        // Not `sum`: of nothing that is -0.
        found.fold(0.0, |sum, sample| sum + sample.value)
    }

    /// Every value that a label has, anywhere.
    pub fn values_of(&self, label: &str) -> BTreeSet<&str> {
        let all = self.families.values().flat_map(|family| &family.samples);
        all.filter_map(|sample| sample.labels.get(label)).map(String::as_str).collect()
    }

    /// The names of all labels.
    pub fn labels(&self) -> BTreeSet<&str> {
        let all = self.families.values().flat_map(|family| &family.samples);
        all.flat_map(|sample| sample.labels.keys()).map(String::as_str).collect()
    }

    fn line(&mut self, line: &str) {
        if line.is_empty() {
            return;
        }
        if let Some(comment) = line.strip_prefix('#') {
            let mut words = comment.trim_start().splitn(3, ' ');
            let (keyword, name) =
                (words.next().unwrap_or_default(), words.next().unwrap_or_default());
            let rest = words.next().unwrap_or_default().to_owned();
            if !matches!(keyword, "HELP" | "TYPE") {
                return;
            }
            assert!(is_name(name), "no name of a metric: {line}");
            let family = self.open(name);
            assert!(family.samples.is_empty(), "{keyword} after samples: {line}");
            let place = if keyword == "HELP" { &mut family.help } else { &mut family.kind };
            assert!(place.replace(rest).is_none(), "a second {keyword}: {line}");
            return;
        }
        let sample = Sample::parse(line);
        let name = self.family_of(&sample.name);
        self.open(&name).samples.push(sample);
    }

    /// The family that lines are added to now; all others are complete.
    fn open(&mut self, name: &str) -> &mut Family {
        for (other, family) in &mut self.families {
            family.closed |= other != name;
        }
        let family = self.families.entry(name.to_owned()).or_default();
        assert!(!family.closed, "the lines of {name} are not together");
        family
    }

    fn family_of(&self, sample: &str) -> String {
        let histogram = ["_bucket", "_sum", "_count"]
            .iter()
            .filter_map(|suffix| sample.strip_suffix(suffix))
            .find(|base| {
                let kind = self.families.get(*base).and_then(|family| family.kind.as_deref());
                matches!(kind, Some("histogram" | "summary"))
            });
        histogram.unwrap_or(sample).to_owned()
    }
}

impl Family {
    fn check(&self, name: &str) {
        assert!(self.help.as_ref().is_some_and(|help| !help.is_empty()), "{name} has no HELP");
        let kind = self.kind.as_deref().unwrap_or_else(|| panic!("{name} has no TYPE"));
        assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
        let mut seen = BTreeSet::new();
        for sample in &self.samples {
            let series = (&sample.name, &sample.labels);
            assert!(seen.insert(series), "{name} has a series twice: {:?}", sample.labels);
        }
        match kind {
            "counter" => {
                let good = |sample: &Sample| sample.value.is_finite() && sample.value >= 0.0;
                assert!(self.samples.iter().all(good), "{name} has a value that nobody counts");
            }
            "gauge" => {}
            "histogram" => self.check_histogram(name),
            other => panic!("{name} is of the type {other}"),
        }
    }

    fn check_histogram(&self, name: &str) {
        let mut buckets: HashMap<String, Vec<(f64, f64)>> = HashMap::new();
        let mut counts: HashMap<String, f64> = HashMap::new();
        let mut sums: BTreeSet<String> = BTreeSet::new();
        for sample in &self.samples {
            let mut labels = sample.labels.clone();
            let bound = labels.remove("le");
            let series = format!("{labels:?}");
            match sample.name.strip_prefix(name) {
                Some("_bucket") => {
                    let bound = bound.unwrap_or_else(|| panic!("{name} has a bucket without le"));
                    buckets.entry(series).or_default().push((number(&bound), sample.value));
                }
                Some("_count") => {
                    counts.insert(series, sample.value);
                }
                Some("_sum") => {
                    sums.insert(series);
                }
                _ => panic!("{} does not belong to the histogram {name}", sample.name),
            }
        }
        assert_eq!(buckets.len(), counts.len(), "{name} lacks a count or its buckets");
        for (series, buckets) in buckets {
            assert!(sums.contains(&series), "{name}{series} has no sum");
            let pairs = || buckets.iter().zip(buckets.iter().skip(1));
            assert!(
                pairs().all(|(one, next)| one.0 < next.0),
                "{name}{series}: bounds {buckets:?}"
            );
            assert!(
                pairs().all(|(one, next)| one.1 <= next.1),
                "{name}{series}: falls {buckets:?}"
            );
            let (bound, most) = buckets.last().copied().unwrap_or_default();
            assert!(bound.is_infinite(), "{name}{series} has no bucket +Inf");
            assert_eq!(counts.get(&series), Some(&most), "{name}{series}: count and +Inf differ");
        }
    }
}

impl Sample {
    fn has(&self, labels: &[(&str, &str)]) -> bool {
        labels.iter().all(|(name, value)| self.labels.get(*name).is_some_and(|own| own == value))
    }

    fn parse(line: &str) -> Self {
        let end = line.find(['{', ' ']).unwrap_or_else(|| panic!("no sample: {line}"));
        let (name, mut rest) = line.split_at(end);
        assert!(is_name(name), "no name of a metric: {line}");
        let mut labels = BTreeMap::new();
        if let Some(open) = rest.strip_prefix('{') {
            rest = open;
            while !rest.starts_with('}') {
                let (label, after) =
                    rest.split_once("=\"").unwrap_or_else(|| panic!("no label: {line}"));
                assert!(is_name(label) && !label.contains(':'), "no name of a label: {line}");
                let (value, after) = quoted(after).unwrap_or_else(|| panic!("no value: {line}"));
                assert!(labels.insert(label.to_owned(), value).is_none(), "a label twice: {line}");
                rest = after.strip_prefix(',').unwrap_or(after);
            }
            rest = &rest[1..];
        }
        let value = rest.strip_prefix(' ').unwrap_or_else(|| panic!("no value: {line}"));
        Self { name: name.to_owned(), labels, value: number(value) }
    }
}

/// A value up to its closing quote, and what follows.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((value, text.get(at + 1..)?)),
            '\\' => match chars.next()?.1 {
                'n' => value.push('\n'),
                escaped @ ('"' | '\\') => value.push(escaped),
                _ => return None,
            },
            plain => value.push(plain),
        }
    }
    None
}

fn number(text: &str) -> f64 {
    match text {
        "+Inf" => f64::INFINITY,
        "-Inf" => f64::NEG_INFINITY,
        text => text.parse().unwrap_or_else(|_| panic!("no number: {text}")),
    }
}

fn is_name(text: &str) -> bool {
    let good = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b':';
    text.bytes().all(good) && !text.is_empty() && !text.starts_with(|c: char| c.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HISTOGRAM: &str = "# HELP h Time.\n# TYPE h histogram\nh_bucket{le=\"0.1\"} 1\n\
                             h_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n";

    #[test]
    fn a_good_page_is_read() {
        let scrape = Scrape::parse(HISTOGRAM);
        assert!((scrape.sum("h_count", &[]) - 2.0).abs() < f64::EPSILON);
        assert_eq!(scrape.names().into_iter().collect::<Vec<_>>(), ["h"]);
        let odd = "# HELP a A.\n# TYPE a gauge\na{b=\"x\\\"\\\\,}\\n\"} -1.5e3\n";
        assert!(Scrape::parse(odd).values_of("b").contains("x\"\\,}\n"));
    }

    #[test]
    fn every_rule_is_kept() {
        let counter = |rest: &str| format!("# HELP a_total A.\n# TYPE a_total counter\n{rest}");
        for bad in [
            "# TYPE a_total counter\na_total 1\n".to_owned(),
            "# HELP a_total A.\na_total 1\n".to_owned(),
            "# HELP a A.\n# TYPE a counter\na 1\n".to_owned(),
            "# HELP a_total A.\n# TYPE a_total gauge\na_total 1\n".to_owned(),
            counter("a_total 1\na_total 2\n"),
            counter("a_total 1\n# HELP a_total A.\n"),
            counter("a_total{b=\"c\",b=\"d\"} 1\n"),
            counter("a_total -1\n"),
            counter("a_total one\n"),
            counter("a_total 1"),
            counter("a_total{b=\"c\"} 1\n# HELP g G.\n# TYPE g gauge\ng 1\na_total{b=\"d\"} 1\n"),
            HISTOGRAM.replace("le=\"0.1\"} 1", "le=\"0.1\"} 3"),
            HISTOGRAM.replace("+Inf", "0.05"),
            HISTOGRAM.replace("h_count 2", "h_count 3"),
            HISTOGRAM.replace("h_sum 3\n", ""),
        ] {
            let read = std::panic::catch_unwind(|| Scrape::parse(&bad));
            assert!(read.is_err(), "{bad}");
        }
    }
}
