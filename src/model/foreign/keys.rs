//! The `config.json` of another family, read key by key.

use std::{fmt::Display, ops::RangeInclusive};

use burn::prelude::*;
use burn::tensor::activation;
use serde_json::{Map, Value};

use crate::model::ModelError;

/// Sizes that a net may have; more is no small model, and less no net.
pub const SIZE: RangeInclusive<usize> = 1..=1 << 20;
/// Of layers.
pub const LAYERS: RangeInclusive<usize> = 1..=1024;

/// The keys of a config.
#[derive(Clone, Copy)]
pub struct Keys<'a>(pub &'a Map<String, Value>);

impl<'a> Keys<'a> {
    /// A value; `null` is none.
    pub fn get(self, key: &str) -> Option<&'a Value> {
        self.0.get(key).filter(|value| !value.is_null())
    }

    /// The keys of an object under `key`, where there is one.
    pub fn under(self, key: &str) -> Option<Self> {
        self.get(key).and_then(Value::as_object).map(Self)
    }

    /// A whole number within `range`.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`] when it is missing or something else.
    pub fn size(self, key: &'static str, range: RangeInclusive<usize>) -> Result<usize, ModelError> {
        let found = self.get(key).and_then(Value::as_u64).and_then(|value| usize::try_from(value).ok());
        let accepted = || format!("a whole number from {} to {}", range.start(), range.end());
        found.filter(|value| range.contains(value)).ok_or_else(|| self.refused(key, accepted()))
    }

    /// As [`Keys::size`], with what holds where the key is missing.
    ///
    /// # Errors
    /// As there.
    pub fn size_or(self, key: &'static str, range: RangeInclusive<usize>, default: usize) -> Result<usize, ModelError> {
        if self.get(key).is_some() { self.size(key, range) } else { Ok(default) }
    }

    /// A number above `least`, with what holds where the key is missing.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`] when it is something else.
    pub fn above(self, key: &'static str, least: f64, default: f64) -> Result<f64, ModelError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        let found = value.as_f64().filter(|&value| value > least && value < 1e12);
        found.ok_or_else(|| self.refused(key, format!("a number above {least}")))
    }

    /// Yes or no, with what holds where the key is missing.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`] when it is something else.
    pub fn flag(self, key: &'static str, default: bool) -> Result<bool, ModelError> {
        let Some(value) = self.get(key) else { return Ok(default) };
        value.as_bool().ok_or_else(|| self.refused(key, "true, false".into()))
    }

    /// Refuses every value of `key` but `accepted`; a missing key is that.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`].
    pub fn only(self, key: &'static str, accepted: impl Into<Value> + Display) -> Result<(), ModelError> {
        let told = accepted.to_string();
        let accepted = accepted.into();
        match self.get(key) {
            Some(value) if *value != accepted => Err(self.refused(key, told)),
            _ => Ok(()),
        }
    }

    /// A token's id below `vocab`, where there is one; -1 is none. Of several, as ends may be, the first.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`] when it is something else.
    pub fn token(self, key: &'static str, vocab: usize) -> Result<Option<u32>, ModelError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let value = value.as_array().and_then(|several| several.first()).unwrap_or(value);
        if value.as_i64() == Some(-1) {
            return Ok(None);
        }
        let found = value.as_u64().filter(|&id| id < vocab as u64).and_then(|id| u32::try_from(id).ok());
        found.map(Some).ok_or_else(|| self.refused(key, format!("a whole number below the vocabulary's size, {vocab}")))
    }

    /// The activation that `key` names, with what holds where it is missing.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`] for one that is not known.
    pub fn activation(self, key: &'static str, default: &str) -> Result<fn(Tensor<3>) -> Tensor<3>, ModelError> {
        let name = self.get(key).map_or(Some(default), Value::as_str);
        match name {
            Some("gelu") => Ok(activation::gelu),
            Some("gelu_new" | "gelu_pytorch_tanh") => Ok(gelu_by_tanh),
            Some("relu") => Ok(activation::relu),
            Some("silu" | "swish") => Ok(activation::silu),
            _ => Err(self.refused(key, "gelu, gelu_new, gelu_pytorch_tanh, relu, silu".into())),
        }
    }

    /// The base of rotary angles: of `rope` where newer configs have it, else under `key`. Angles that are scaled are refused.
    ///
    /// # Errors
    /// [`ModelError::ConfigValue`].
    pub fn angles(self, rope: Option<Self>, key: &'static str, default: f64) -> Result<f64, ModelError> {
        let plain = |scaling: Self| {
            let kind = scaling.get("rope_type").or_else(|| scaling.get("type")).and_then(Value::as_str);
            kind.is_none_or(|kind| kind == "default")
        };
        if !self.under("rope_scaling").is_none_or(plain) {
            return Err(self.refused("rope_scaling", "null".into()));
        }
        match rope {
            Some(rope) if !plain(rope) => Err(self.refused("rope_parameters", "those of rope_type default".into())),
            Some(rope) if rope.get("rope_theta").is_some() => rope.above("rope_theta", 1.0, default),
            _ => self.above(key, 1.0, default),
        }
    }

    /// That the value of `key` cannot be used.
    pub fn refused(self, key: &'static str, accepted: String) -> ModelError {
        let value = self.0.get(key).map_or_else(|| "missing".to_owned(), Value::to_string);
        // A value from elsewhere may be as long as it likes.
        let value =
            if value.chars().count() > 80 { value.chars().take(80).chain("...".chars()).collect() } else { value };
        ModelError::ConfigValue { key, value, accepted }
    }
}

/// `x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))`. burn's own takes the cube by a power, which a GPU need not know of
/// numbers below 0.
fn gelu_by_tanh(x: Tensor<3>) -> Tensor<3> {
    let inner = x.clone() * (x.clone() * x.clone() * 0.044_715 + 1.0) * (2.0 / std::f64::consts::PI).sqrt();
    x * (inner.tanh() + 1.0) * 0.5
}
