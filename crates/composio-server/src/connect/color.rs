//! An application's colour, and what can be read on it.

use std::fmt;

/// The card behind the button, in the light scheme and in the dark one. As in `style.css`.
const LIGHT_CARD: Color = Color(0xff, 0xff, 0xff);
const DARK_CARD: Color = Color(0x1a, 0x1d, 0x23);
/// An outline that stands out on either card.
const EDGE_ON_LIGHT: Color = Color(0x6b, 0x72, 0x80);
const EDGE_ON_DARK: Color = Color(0x9c, 0xa3, 0xaf);
/// What the edge of a button has to differ by (WCAG 2.2, 1.4.11).
const EDGE_CONTRAST: f64 = 3.0;

/// A colour, read from `#rrggbb` and from nothing else: it is printed into a style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Color(u8, u8, u8);

impl Color {
    /// Where the application has no colour of its own.
    pub(super) const DEFAULT: Self = Self(0x1f, 0x55, 0xd6);

    pub(super) fn parse(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        if digits.len() != 6 || !digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            return None;
        }
        let [_, red, green, blue] = u32::from_str_radix(digits, 16).ok()?.to_be_bytes();
        Some(Self(red, green, blue))
    }

    /// Black or white, whichever reads better on it. One of the two always has at least 4.5 to 1.
    pub(super) fn readable_text(self) -> Self {
        let (black, white) = (Self(0, 0, 0), Self(0xff, 0xff, 0xff));
        if self.contrast(white) >= self.contrast(black) { white } else { black }
    }

    /// The custom properties that the style sheet draws buttons with, in both schemes.
    pub(super) fn properties(self) -> String {
        let text = self.readable_text();
        let light = self.edge(LIGHT_CARD, EDGE_ON_LIGHT);
        let dark = self.edge(DARK_CARD, EDGE_ON_DARK);
        format!(
            ":root{{--accent:{self};--on-accent:{text};--edge:{light}}}\n\
             @media (prefers-color-scheme:dark){{:root{{--edge:{dark}}}}}\n"
        )
    }

    /// Its own edge where it stands out from the card, else an outline.
    fn edge(self, card: Self, outline: Self) -> Self {
        if self.contrast(card) >= EDGE_CONTRAST { self } else { outline }
    }

    fn contrast(self, other: Self) -> f64 {
        let (a, b) = (self.luminance(), other.luminance());
        (a.max(b) + 0.05) / (a.min(b) + 0.05)
    }

    /// Relative luminance, as WCAG defines it.
    fn luminance(self) -> f64 {
        let linear = |channel: u8| {
            let value = f64::from(channel) / 255.0;
            if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(self.0) + 0.7152 * linear(self.1) + 0.0722 * linear(self.2)
    }
}

impl fmt::Display for Color {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "#{:02x}{:02x}{:02x}", self.0, self.1, self.2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_six_digits_are_a_colour() {
        for text in ["", "#", "#fff", "#12345g", "123456", "#1234567", "#+12345", "red", "#fff;}body{x", "#ééé"] {
            assert_eq!(Color::parse(text), None, "{text:?}");
        }
        assert_eq!(Color::parse("#0A7cff"), Some(Color(0x0a, 0x7c, 0xff)));
        assert_eq!(Color::parse("#0A7cff").unwrap().to_string(), "#0a7cff");
    }

    #[test]
    fn every_colour_gets_a_text_that_can_be_read() {
        for value in (0..=0xff_ffff_u32).step_by(257) {
            let [_, red, green, blue] = value.to_be_bytes();
            let color = Color(red, green, blue);
            assert!(color.contrast(color.readable_text()) >= 4.5, "{color}");
        }
    }

    #[test]
    fn a_button_stands_out_from_the_card_in_both_schemes() {
        for (text, light, dark) in
            [("#ffffff", EDGE_ON_LIGHT, Color(255, 255, 255)), ("#111111", Color(0x11, 0x11, 0x11), EDGE_ON_DARK)]
        {
            let color = Color::parse(text).unwrap();
            assert_eq!(color.edge(LIGHT_CARD, EDGE_ON_LIGHT), light, "{text}");
            assert_eq!(color.edge(DARK_CARD, EDGE_ON_DARK), dark, "{text}");
        }
        assert!(EDGE_ON_LIGHT.contrast(LIGHT_CARD) >= EDGE_CONTRAST);
        assert!(EDGE_ON_DARK.contrast(DARK_CARD) >= EDGE_CONTRAST);
    }

    #[test]
    fn the_cards_are_those_of_the_style_sheet() {
        let style = include_str!("../../templates/style.css");
        assert!(style.contains("--card:#fff;") && style.contains(&format!("--card:{DARK_CARD};")));
    }
}
