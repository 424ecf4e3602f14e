//! awsQuery (`sts`, `iam`, `sns`) and ec2Query: form-encoded calls, XML answers.

use bytes::Bytes;

use crate::error::{ServiceError, ServiceResult};
use crate::service::{Answer, Call};

/// The parameters of a form-encoded call, in the order they came.
#[derive(Debug, Clone, Default)]
pub struct Params(Vec<(String, String)>);

impl Params {
    /// Reads the body of a call.
    ///
    /// # Errors
    /// `MalformedQueryString` where the body is not form-encoded.
    pub fn parse(call: &Call) -> ServiceResult<Self> {
        serde_urlencoded::from_bytes(&call.body)
            .map(Self)
            .map_err(|error| ServiceError::new(400, "MalformedQueryString", error.to_string()))
    }

    /// The value of one parameter.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// The value of a parameter that must be there.
    ///
    /// # Errors
    /// `MissingParameter` where it is not.
    pub fn required(&self, name: &str) -> ServiceResult<&str> {
        self.get(name).ok_or_else(|| {
            ServiceError::new(
                400,
                "MissingParameter",
                format!("The request must contain the parameter {name}"),
            )
        })
    }

    /// Values of an ec2Query list: `InstanceId.1`, `InstanceId.2`, ...
    #[must_use]
    pub fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|n| self.get(&format!("{name}.{n}")))
            .collect()
    }

    /// Values of an awsQuery list: `Tags.member.1`, ...
    #[must_use]
    pub fn members(&self, name: &str) -> Vec<&str> {
        self.list(&format!("{name}.member"))
    }

    /// Whether any parameter begins with this prefix.
    #[must_use]
    pub fn any(&self, prefix: &str) -> bool {
        self.0.iter().any(|(key, _)| key.starts_with(prefix))
    }

    /// The parameters under `prefix.N.`, one set per N from 1, names without the prefix:
    /// `Filter.1.Name` is `Name` in the first set.
    #[must_use]
    pub fn structures(&self, prefix: &str) -> Vec<Params> {
        let mut sets = Vec::new();
        for n in 1_u32.. {
            let start = format!("{prefix}.{n}.");
            let set: Vec<_> = self
                .0
                .iter()
                .filter_map(|(key, value)| {
                    key.strip_prefix(&start)
                        .map(|rest| (rest.to_owned(), value.clone()))
                })
                .collect();
            if set.is_empty() {
                break;
            }
            sets.push(Params(set));
        }
        sets
    }

    /// The parameters under `prefix.`, names without the prefix.
    #[must_use]
    pub fn under(&self, prefix: &str) -> Params {
        let start = format!("{prefix}.");
        Params(
            self.0
                .iter()
                .filter_map(|(key, value)| {
                    key.strip_prefix(&start)
                        .map(|rest| (rest.to_owned(), value.clone()))
                })
                .collect(),
        )
    }

    /// ec2Query filters: name and values (`Filter.1.Name`, `Filter.1.Value.1`).
    #[must_use]
    pub fn filters(&self) -> Vec<(String, Vec<String>)> {
        self.structures("Filter")
            .into_iter()
            .map(|filter| {
                let name = filter.get("Name").unwrap_or_default().to_owned();
                let values = filter.list("Value").into_iter().map(str::to_owned);
                (name, values.collect())
            })
            .collect()
    }
}

/// An XML document under construction; text is escaped, elements are closed by construction.
#[derive(Debug, Default)]
pub struct Xml {
    text: String,
}

impl Xml {
    /// An empty document.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `<tag>value</tag>`.
    pub fn text(&mut self, tag: &str, value: impl std::fmt::Display) -> &mut Self {
        self.start(tag);
        escape(&value.to_string(), &mut self.text);
        self.end(tag)
    }

    /// `<tag>value</tag>` where there is a value, nothing where not.
    pub fn maybe(&mut self, tag: &str, value: Option<impl std::fmt::Display>) -> &mut Self {
        if let Some(value) = value {
            self.text(tag, value);
        }
        self
    }

    /// `<tag>...</tag>` around what `inside` writes.
    pub fn element(&mut self, tag: &str, inside: impl FnOnce(&mut Self)) -> &mut Self {
        self.start(tag);
        inside(self);
        self.end(tag)
    }

    /// A list: `<tag><item>...</item>...</tag>`; `item` is `item` in ec2Query, `member` in
    /// awsQuery.
    pub fn list<T>(
        &mut self,
        tag: &str,
        item: &str,
        values: impl IntoIterator<Item = T>,
        mut each: impl FnMut(&mut Self, T),
    ) -> &mut Self {
        self.element(tag, |xml| {
            for value in values {
                xml.element(item, |xml| each(xml, value));
            }
        })
    }

    /// What was written so far.
    #[must_use]
    pub fn into_string(self) -> String {
        self.text
    }

    fn start(&mut self, tag: &str) -> &mut Self {
        self.text.push('<');
        self.text.push_str(tag);
        self.text.push('>');
        self
    }

    fn end(&mut self, tag: &str) -> &mut Self {
        self.text.push_str("</");
        self.text.push_str(tag);
        self.text.push('>');
        self
    }
}

fn escape(value: &str, out: &mut String) {
    for c in value.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#xD;"),
            c => out.push(c),
        }
    }
}

/// awsQuery answer: `<OpResponse xmlns=..><OpResult>inside</OpResult><ResponseMetadata>..`.
#[must_use]
pub fn ok(call: &Call, namespace: &str, inside: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::new();
    xml.element(&format!("{}Result", call.operation), inside);
    xml.element("ResponseMetadata", |xml| {
        xml.text("RequestId", &call.request_id);
    });
    document(call, namespace, &xml.into_string())
}

/// ec2Query answer: `<OpResponse xmlns=..><requestId>..</requestId>inside</OpResponse>`.
#[must_use]
pub fn ec2_ok(call: &Call, namespace: &str, inside: impl FnOnce(&mut Xml)) -> Answer {
    let mut xml = Xml::new();
    xml.text("requestId", &call.request_id);
    inside(&mut xml);
    document(call, namespace, &xml.into_string())
}

/// awsQuery error: `<ErrorResponse><Error><Type>..<Code>..<Message>..`.
#[must_use]
pub fn error(call: &Call, error: &ServiceError) -> Answer {
    let mut xml = Xml::new();
    xml.element("ErrorResponse", |xml| {
        xml.element("Error", |xml| {
            xml.text("Type", fault(error.status));
            xml.text("Code", &error.code);
            xml.text("Message", &error.message);
        });
        xml.text("RequestId", &call.request_id);
    });
    answer(call, error.status, xml.into_string())
}

/// ec2Query error: `<Response><Errors><Error><Code>..<Message>..`.
#[must_use]
pub fn ec2_error(call: &Call, error: &ServiceError) -> Answer {
    let mut xml = Xml::new();
    xml.element("Response", |xml| {
        xml.element("Errors", |xml| {
            xml.element("Error", |xml| {
                xml.text("Code", &error.code);
                xml.text("Message", &error.message);
            });
        });
        xml.text("RequestID", &call.request_id);
    });
    answer(call, error.status, xml.into_string())
}

fn fault(status: u16) -> &'static str {
    if status >= 500 { "Receiver" } else { "Sender" }
}

fn document(call: &Call, namespace: &str, inside: &str) -> Answer {
    let operation = &call.operation;
    answer(
        call,
        200,
        format!("<{operation}Response xmlns=\"{namespace}\">{inside}</{operation}Response>"),
    )
}

fn answer(call: &Call, status: u16, xml: String) -> Answer {
    Answer {
        status,
        headers: vec![
            ("content-type", "text/xml;charset=UTF-8".to_owned()),
            ("x-amzn-requestid", call.request_id.clone()),
        ],
        body: Bytes::from(format!("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n{xml}")),
    }
}
