//! How much of a text is measured.

use clap::Args;

/// The windows of a text, and where in them its profile is measured.
#[derive(Args, Clone, Debug)]
pub struct TextOptions {
    /// Windows of the text to measure, spread over it; 0 or `all` is all of them; 200 if not given
    #[arg(long, value_name = "N", value_parser = windows, allow_negative_numbers = true)]
    windows: Option<usize>,
    /// At how many numbers of revealed tokens the profile is measured, at most; at least 2; 16 if not given. Between them it is
    /// taken for straight, which the standard errors know nothing of: with few points TC and DTC are off by more than these say
    #[arg(long, value_name = "N", value_parser = points, allow_negative_numbers = true)]
    points: Option<usize>,
}

impl TextOptions {
    /// How many windows; 0 is all.
    pub fn windows(&self) -> usize {
        self.windows.unwrap_or(200)
    }

    /// At how many numbers of revealed tokens.
    pub fn points(&self) -> usize {
        self.points.unwrap_or(16)
    }

    /// The first of these that was given.
    pub fn given(&self) -> Option<&'static str> {
        let given = [("--windows", self.windows.is_some()), ("--points", self.points.is_some())];
        given.into_iter().find(|(_, given)| *given).map(|(name, _)| name)
    }
}

/// Windows of a text; 0 is all of them.
fn windows(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(windows) if windows != 1 => Ok(windows),
        Err(_) if text == "all" => Ok(0),
        _ => Err("must be a whole number of at least 2, or 0 or `all` for all of them".to_owned()),
    }
}

/// Points of a profile.
fn points(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(points) if points >= 2 => Ok(points),
        _ => Err("must be a whole number of at least 2".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_two_or_all() {
        assert_eq!((windows("all"), windows("0"), windows("2")), (Ok(0), Ok(0), Ok(2)));
        assert!(windows("1").is_err() && windows("-2").is_err() && windows("some").is_err());
    }
}
