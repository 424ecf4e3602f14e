//! CBOR values, read and written with `minicbor`: the body format of `rpcv2Cbor`. The same values
//! are read from and written as JSON for clients that speak `awsJson1_0`.

use minicbor::data::{Tag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::Value;

/// Nesting of a request's values: real ones stay below ten.
const MAX_DEPTH: usize = 32;
/// CBOR tag of a time in seconds since 1970 (RFC 8949, 3.4.2).
const EPOCH_TAG: u64 = 1;

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Cbor {
    /// No value.
    Null,
    /// Truth value.
    Bool(bool),
    /// Whole number.
    Int(i64),
    /// Floating-point number.
    Float(f64),
    /// Text.
    Text(String),
    /// List.
    List(Vec<Cbor>),
    /// Structure.
    Map(Vec<(String, Cbor)>),
    /// Seconds since 1970.
    Time(f64),
}

impl Cbor {
    /// Reads a body. Text says what is wrong with it.
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        if body.is_empty() {
            return Ok(Self::Map(Vec::new()));
        }
        value(&mut Decoder::new(body), MAX_DEPTH)
    }

    /// Writes a body.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut encoder = Encoder::new(Vec::new());
        // Writing into a Vec cannot fail; an impossible error would leave the body short.
        let _ = self.put(&mut encoder);
        encoder.into_writer()
    }

    /// Reads a JSON body.
    pub(super) fn read_json(body: &[u8]) -> Result<Self, String> {
        if body.is_empty() {
            return Ok(Self::Map(Vec::new()));
        }
        serde_json::from_slice(body)
            .map(Self::from_json)
            .map_err(|error| error.to_string())
    }

    fn from_json(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(b) => Self::Bool(b),
            Value::Number(n) => n
                .as_i64()
                .map(Self::Int)
                .or_else(|| n.as_f64().map(Self::Float))
                .unwrap_or(Self::Null),
            Value::String(text) => Self::Text(text),
            Value::Array(list) => Self::List(list.into_iter().map(Self::from_json).collect()),
            Value::Object(map) => Self::Map(
                map.into_iter()
                    .map(|(k, v)| (k, Self::from_json(v)))
                    .collect(),
            ),
        }
    }

    /// The value as JSON; times become seconds since 1970.
    pub(super) fn to_json(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(b) => Value::from(*b),
            Self::Int(n) => Value::from(*n),
            Self::Float(f) | Self::Time(f) => Value::from(*f),
            Self::Text(text) => Value::from(text.as_str()),
            Self::List(list) => list.iter().map(Self::to_json).collect(),
            Self::Map(map) => map.iter().map(|(k, v)| (k.clone(), v.to_json())).collect(),
        }
    }

    fn put(
        &self,
        e: &mut Encoder<Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>> {
        match self {
            Self::Null => e.null()?,
            Self::Bool(b) => e.bool(*b)?,
            Self::Int(n) => e.i64(*n)?,
            Self::Float(f) => e.f64(*f)?,
            Self::Text(t) => e.str(t)?,
            Self::Time(t) => e.tag(Tag::new(EPOCH_TAG))?.f64(*t)?,
            Self::List(list) => {
                e.array(list.len() as u64)?;
                for item in list {
                    item.put(e)?;
                }
                e
            }
            Self::Map(map) => {
                e.map(map.len() as u64)?;
                for (key, item) in map {
                    e.str(key)?;
                    item.put(e)?;
                }
                e
            }
        };
        Ok(())
    }

    /// A member of a structure; a null counts as absent.
    pub(super) fn get(&self, name: &str) -> Option<&Self> {
        let Self::Map(map) = self else {
            return None;
        };
        map.iter()
            .find(|(k, v)| k == name && *v != Self::Null)
            .map(|(_, v)| v)
    }

    /// Text of a member.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        match self.get(name) {
            Some(Self::Text(text)) => Some(text),
            _ => None,
        }
    }

    /// Number of a member.
    pub(super) fn number(&self, name: &str) -> Option<f64> {
        self.get(name).and_then(Self::as_number)
    }

    /// This value as a number.
    pub(super) fn as_number(&self) -> Option<f64> {
        match self {
            #[expect(
                clippy::cast_precision_loss,
                reason = "metric values are f64 in the model"
            )]
            Self::Int(n) => Some(*n as f64),
            Self::Float(f) | Self::Time(f) => Some(*f),
            _ => None,
        }
    }

    /// Elements of a member that is a list.
    pub(super) fn list(&self, name: &str) -> &[Self] {
        match self.get(name) {
            Some(Self::List(list)) => list,
            _ => &[],
        }
    }
}

fn value(d: &mut Decoder<'_>, depth: usize) -> Result<Cbor, String> {
    let fail = |e: minicbor::decode::Error| e.to_string();
    if depth == 0 {
        return Err("the body is nested too deeply".to_owned());
    }
    Ok(match d.datatype().map_err(fail)? {
        Type::Null => d.null().map(|()| Cbor::Null).map_err(fail)?,
        Type::Undefined => d.undefined().map(|()| Cbor::Null).map_err(fail)?,
        Type::Bool => Cbor::Bool(d.bool().map_err(fail)?),
        Type::U8
        | Type::U16
        | Type::U32
        | Type::U64
        | Type::I8
        | Type::I16
        | Type::I32
        | Type::I64
        | Type::Int => Cbor::Int(d.i64().map_err(fail)?),
        Type::F16 => Cbor::Float(f64::from(d.f16().map_err(fail)?)),
        Type::F32 => Cbor::Float(f64::from(d.f32().map_err(fail)?)),
        Type::F64 => Cbor::Float(d.f64().map_err(fail)?),
        Type::String | Type::StringIndef => Cbor::Text(text(d)?),
        Type::Array | Type::ArrayIndef => {
            let length = d.array().map_err(fail)?;
            let mut list = Vec::new();
            while more(d, length, list.len())? {
                list.push(value(d, depth - 1)?);
            }
            Cbor::List(list)
        }
        Type::Map | Type::MapIndef => {
            let length = d.map().map_err(fail)?;
            let mut map = Vec::new();
            while more(d, length, map.len())? {
                let key = text(d)?;
                map.push((key, value(d, depth - 1)?));
            }
            Cbor::Map(map)
        }
        Type::Tag => {
            let tag = d.tag().map_err(fail)?;
            let inner = value(d, depth - 1)?;
            match inner.as_number() {
                Some(seconds) if tag == Tag::new(EPOCH_TAG) => Cbor::Time(seconds),
                _ => inner,
            }
        }
        other => return Err(format!("unexpected {other} in the body")),
    })
}

/// Whether a list or structure goes on: counted ones by count, others until their break.
fn more(d: &mut Decoder<'_>, length: Option<u64>, read: usize) -> Result<bool, String> {
    if let Some(length) = length {
        return Ok((read as u64) < length);
    }
    if d.datatype().map_err(|e| e.to_string())? == Type::Break {
        d.set_position(d.position() + 1);
        return Ok(false);
    }
    Ok(true)
}

fn text(d: &mut Decoder<'_>) -> Result<String, String> {
    let mut whole = String::new();
    for part in d.str_iter().map_err(|e| e.to_string())? {
        whole.push_str(part.map_err(|e| e.to_string())?);
    }
    Ok(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let body = Cbor::Map(vec![
            ("Namespace".into(), Cbor::Text("DRS/Test".into())),
            ("At".into(), Cbor::Time(1_700_000_000.5)),
            (
                "Values".into(),
                Cbor::List(vec![
                    Cbor::Float(1.5),
                    Cbor::Int(-3),
                    Cbor::Null,
                    Cbor::Bool(true),
                ]),
            ),
        ]);
        assert_eq!(Cbor::read(&body.write()).unwrap(), body);
    }

    #[test]
    fn structures_of_unknown_length_are_read() {
        // {_ "a": [_ 1, 2], "b": (_ "x", "y")}
        let bytes = [
            0xbf, 0x61, b'a', 0x9f, 0x01, 0x02, 0xff, 0x61, b'b', 0x7f, 0x61, b'x', 0x61, b'y',
            0xff, 0xff,
        ];
        let read = Cbor::read(&bytes).unwrap();
        assert_eq!(read.list("a"), [Cbor::Int(1), Cbor::Int(2)]);
        assert_eq!(read.text("b"), Some("xy"));
    }

    #[test]
    fn a_cut_or_endlessly_nested_body_is_an_error() {
        assert!(Cbor::read(&[0xa1, 0x61]).is_err());
        assert!(Cbor::read(&[0x81; 200]).is_err());
        assert!(Cbor::read(b"Action=PutMetricData").is_err());
    }
}
