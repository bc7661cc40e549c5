//! Closed lists: what may stand in a label, a page or a report, each word written once.

/// Makes an enum that knows its own members: `ALL`, in the order in which they stand, and, where
/// each is given its word, `as_str`, the way back, and how it is serialised. A member that is
/// written is on the list; two with one word do not compile.
///
/// ```ignore
/// closed_list! {
///     /// What the breaker lets through.
///     pub enum Passage {
///         /// Everything.
///         Closed = "closed",
///         /// Nothing.
///         Open = "open",
///     }
/// }
/// assert_eq!(Passage::ALL.map(Passage::as_str), ["closed", "open"]);
/// assert_eq!(Passage::named("open"), Some(Passage::Open));
/// ```
macro_rules! closed_list {
    (
        $(#[$meta:meta])*
        $visible:vis enum $list:ident {
            $($(#[$word_meta:meta])* $word:ident = $label:literal,)+
        }
    ) => {
        $crate::units::closed_list! {
            $(#[$meta])*
            $visible enum $list { $($(#[$word_meta])* $word,)+ }
        }

        #[allow(dead_code, reason = "not each list is both written and read")]
        impl $list {
            /// The word, as it stands in a label or a report.
            $visible const fn as_str(self) -> &'static str {
                match self { $(Self::$word => $label,)+ }
            }

            /// The member that this word means.
            $visible fn named(word: &str) -> Option<Self> {
                match word {
                    $($label => Some(Self::$word),)+
                    _ => None,
                }
            }
        }

        impl serde::Serialize for $list {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        impl<'de> serde::Deserialize<'de> for $list {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = <std::borrow::Cow<'_, str> as serde::Deserialize>::deserialize(deserializer)?;
                Self::named(&word)
                    .ok_or_else(|| serde::de::Error::unknown_variant(&word, &[$($label,)+]))
            }
        }
    };
    (
        $(#[$meta:meta])*
        $visible:vis enum $list:ident {
            $($(#[$word_meta:meta])* $word:ident,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $visible enum $list { $($(#[$word_meta])* $word,)+ }

        #[allow(dead_code, reason = "some lists are gone through by tests alone")]
        impl $list {
            /// Every member, in the order in which they stand.
            $visible const ALL: [Self; [$(Self::$word,)+].len()] = [$(Self::$word,)+];
        }
    };
}

pub(crate) use closed_list;

#[cfg(test)]
mod tests {
    closed_list! {
        enum Size {
            Small = "small",
            Large = "very_large",
        }
    }

    #[test]
    fn a_list_goes_from_member_to_word_and_back() {
        assert_eq!(Size::ALL.map(Size::as_str), ["small", "very_large"]);
        for size in Size::ALL {
            assert_eq!(Size::named(size.as_str()), Some(size));
            assert_eq!(serde_json::to_value(size).unwrap(), size.as_str());
        }
        assert_eq!(Size::named("Small"), None);
    }
}
