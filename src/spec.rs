//! How things with parameters are spelled: `name`, `name:key=value,key=value`, `name:value,value`.

use std::{fmt::Display, str::FromStr};

/// What can be wrong with a spelling.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// There is no such thing.
    #[error("unknown {what} `{name}`; the {what}s are {known}")]
    UnknownName {
        /// What was asked for, as `schedule`.
        what: &'static str,
        /// Its name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// It has no such parameter.
    #[error("`{name}` has no parameter `{key}`; {known}")]
    UnknownKey {
        /// What it is.
        name: String,
        /// The parameter.
        key: String,
        /// The parameters there are.
        known: String,
    },
    /// A parameter that must be given.
    #[error("`{name}` needs {key}, as in `{name}:{key}={example}`")]
    Missing {
        /// What it is.
        name: String,
        /// The parameter.
        key: &'static str,
        /// A value that it could have.
        example: &'static str,
    },
    /// A parameter that is given twice.
    #[error("`{name}` is given {key} twice")]
    Twice {
        /// What it is.
        name: String,
        /// The parameter.
        key: String,
    },
    /// A parameter out of range, or no number.
    #[error("{key} of `{name}` is `{value}`; it must be {accepted}")]
    Value {
        /// What it is.
        name: String,
        /// The parameter.
        key: String,
        /// Its value.
        value: String,
        /// What would be accepted.
        accepted: String,
    },
}

/// A list of spellings, `a,b:key=value,key=value,c`: a piece that is `key=value` belongs to the one before it.
pub fn list(text: &str) -> Vec<String> {
    let mut spellings: Vec<String> = vec![];
    for piece in text.split(',').map(str::trim) {
        match spellings.last_mut() {
            Some(last) if last.contains(':') && piece.contains('=') && !piece.contains(':') => {
                last.push(',');
                last.push_str(piece);
            }
            _ => spellings.push(piece.to_owned()),
        }
    }
    spellings
}

/// A spelling taken apart: a name, and what follows its colon.
#[derive(Clone, Debug, PartialEq)]
pub struct Spec<'a> {
    /// What stands before the colon.
    pub name: &'a str,
    /// What follows the colon, as it is.
    pub rest: Option<&'a str>,
    keys: Vec<(&'a str, &'a str)>,
    bare: Vec<&'a str>,
}

impl<'a> Spec<'a> {
    /// Takes a spelling apart.
    ///
    /// # Errors
    /// [`SpecError::Twice`] for a repeated key.
    pub fn parse(text: &'a str) -> Result<Self, SpecError> {
        let (name, rest) = text.split_once(':').map_or((text, None), |(name, rest)| (name, Some(rest)));
        let mut spec = Self { name, rest, keys: vec![], bare: vec![] };
        for part in rest.into_iter().flat_map(|rest| rest.split(',')) {
            match part.split_once('=') {
                Some((key, value)) => {
                    let key = key.trim();
                    if spec.text(key).is_some() {
                        return Err(SpecError::Twice { name: name.to_owned(), key: key.to_owned() });
                    }
                    spec.keys.push((key, value.trim()));
                }
                None => spec.bare.push(part.trim()),
            }
        }
        Ok(spec)
    }

    /// Refuses every parameter that is not among `known`, and every value without a key.
    ///
    /// # Errors
    /// [`SpecError::UnknownKey`].
    pub fn only(&self, known: &[&str]) -> Result<(), SpecError> {
        let unknown = self.keys.iter().map(|(key, _)| key).find(|key| !known.contains(key)).or(self.bare.first());
        unknown.map_or(Ok(()), |key| {
            let known = match known {
                [] => "it has none".to_owned(),
                _ => format!("it has {}", known.join(", ")),
            };
            Err(SpecError::UnknownKey { name: self.name.to_owned(), key: (*key).to_owned(), known })
        })
    }

    /// The parameter `key` as a number that `accepts`, `None` where it is not given. `accepted` says in words what is.
    ///
    /// # Errors
    /// [`SpecError::Value`].
    pub fn number<T: FromStr>(
        &self,
        key: &str,
        accepted: impl Display,
        accepts: impl Fn(&T) -> bool,
    ) -> Result<Option<T>, SpecError> {
        self.text(key).map(|text| self.read(key, text, &accepted, &accepts)).transpose()
    }

    /// Like [`Spec::number`], for a parameter that must be given.
    ///
    /// # Errors
    /// [`SpecError::Missing`] names an example; [`SpecError::Value`].
    pub fn needed<T: FromStr>(
        &self,
        key: &'static str,
        example: &'static str,
        accepted: impl Display,
        accepts: impl Fn(&T) -> bool,
    ) -> Result<T, SpecError> {
        let missing = || SpecError::Missing { name: self.name.to_owned(), key, example };
        self.number(key, accepted, accepts)?.ok_or_else(missing)
    }

    /// The values without a key, each a number that `accepts`.
    ///
    /// # Errors
    /// [`SpecError::Value`], in which `key` names the list.
    pub fn list<T: FromStr>(
        &self,
        key: &str,
        accepted: impl Display,
        accepts: impl Fn(&T) -> bool,
    ) -> Result<Vec<T>, SpecError> {
        self.bare.iter().map(|text| self.read(key, text, &accepted, &accepts)).collect()
    }

    /// The parameter `key` as it is.
    pub fn text(&self, key: &str) -> Option<&'a str> {
        self.keys.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// The error for a `value` of `key` that is not what is `accepted`.
    pub fn refused(&self, key: &str, value: &str, accepted: impl Display) -> SpecError {
        SpecError::Value {
            name: self.name.to_owned(),
            key: key.to_owned(),
            value: value.to_owned(),
            accepted: accepted.to_string(),
        }
    }

    fn read<T: FromStr>(
        &self,
        key: &str,
        text: &str,
        accepted: &impl Display,
        accepts: &impl Fn(&T) -> bool,
    ) -> Result<T, SpecError> {
        match text.parse() {
            Ok(value) if accepts(&value) => Ok(value),
            _ => Err(self.refused(key, text, accepted)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn any<T>(_: &T) -> bool {
        true
    }

    #[test]
    fn a_spelling_is_taken_apart() {
        let spec = Spec::parse("reed-solomon:k=19, q=256").unwrap();
        assert_eq!(spec.name, "reed-solomon");
        assert_eq!(spec.number("k", "a number", any::<usize>), Ok(Some(19)));
        assert_eq!(spec.number("q", "a number", any::<usize>), Ok(Some(256)));
        assert_eq!(spec.number("length", "a number", any::<usize>), Ok(None));
        assert_eq!(Spec::parse("mixture:0.1,0.9").unwrap().list("biases", "a number", any), Ok(vec![0.1, 0.9]));
        assert_eq!(Spec::parse("uniform").unwrap().only(&[]), Ok(()));
    }

    #[test]
    fn a_list_leaves_parameters_with_their_owner() {
        let pieces = list("uniform, power:p=3,chen-cong-li-tc:nats=12,error=0.5,cosine");
        assert_eq!(pieces, ["uniform", "power:p=3", "chen-cong-li-tc:nats=12,error=0.5", "cosine"]);
        assert_eq!(list(""), [""]);
    }

    #[test]
    fn errors_name_the_thing_the_value_and_what_is_accepted() {
        let spec = Spec::parse("power:p=-1,x=2").unwrap();
        let told = |error: Result<(), SpecError>| error.unwrap_err().to_string();
        assert_eq!(told(spec.only(&["p"])), "`power` has no parameter `x`; it has p");
        assert_eq!(told(spec.only(&[])), "`power` has no parameter `p`; it has none");
        let number = spec.number("p", "a number above 0", |p: &f64| *p > 0.0).map(drop);
        assert_eq!(told(number), "p of `power` is `-1`; it must be a number above 0");
        let missing = spec.needed("q", "4", "", any::<usize>).map(drop);
        assert_eq!(told(missing), "`power` needs q, as in `power:q=4`");
        assert_eq!(told(Spec::parse("a:k=1,k=2").map(drop)), "`a` is given k twice");
        assert_eq!(told(Spec::parse("a:").unwrap().only(&[])), "`a` has no parameter ``; it has none");
    }
}
