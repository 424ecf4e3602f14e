//! Names as sequences of small numbers: one code per distinct character of an estate, so that the
//! tables of the search are as small as the alphabet that really occurs.

use std::collections::BTreeMap;

/// Codes for the characters of one matching, in the order of the characters: coded names sort as
/// the names themselves do.
struct Alphabet {
    ascii: [u32; 128],
    rest: BTreeMap<char, u32>,
    size: u32,
}

impl Alphabet {
    /// The alphabet of these names.
    fn new<'n>(names: impl Iterator<Item = &'n str>) -> Self {
        const SEEN: u32 = 0;
        let mut alphabet = Self {
            ascii: [u32::MAX; 128],
            rest: BTreeMap::new(),
            size: 0,
        };
        for name in names {
            for letter in name.chars() {
                match alphabet.ascii.get_mut(letter as usize) {
                    Some(slot) => *slot = SEEN,
                    None => {
                        alphabet.rest.insert(letter, SEEN);
                    }
                }
            }
        }
        let ascii = alphabet.ascii.iter_mut().filter(|slot| **slot == SEEN);
        for slot in ascii.chain(alphabet.rest.values_mut()) {
            *slot = alphabet.size;
            alphabet.size += 1;
        }
        alphabet
    }

    fn code(&self, letter: char) -> u32 {
        match self.ascii.get(letter as usize) {
            Some(code) => *code,
            None => self.rest.get(&letter).copied().unwrap_or(u32::MAX),
        }
    }
}

/// The names of two sides in one alphabet.
pub(crate) struct Coded {
    pub own: Texts,
    pub other: Texts,
    /// How many different characters there are.
    pub alphabet: usize,
}

impl Coded {
    /// Codes both sides.
    pub fn new<'n>(
        own: impl Iterator<Item = &'n str> + Clone,
        other: impl Iterator<Item = &'n str> + Clone,
    ) -> Self {
        let alphabet = Alphabet::new(own.clone().chain(other.clone()));
        let (own, other) = (Texts::new(own, &alphabet), Texts::new(other, &alphabet));
        Self {
            own,
            other,
            alphabet: alphabet.size as usize,
        }
    }
}

/// What a name consists of, for lower bounds of the distance.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Mark {
    /// By class of characters (32 of them) one bit for "at least one", in the lower half, and one
    /// for "at least two", in the upper.
    letters: Bits,
    /// By class of two neighbouring characters (64 of them) one bit.
    couples: Bits,
}

#[derive(Debug, Clone, Copy, Default)]
struct Bits {
    bits: u64,
    count: u32,
}

impl Bits {
    fn new(bits: u64) -> Self {
        Self {
            bits,
            count: bits.count_ones(),
        }
    }

    /// The larger of how many bits one has and the other lacks: half of what differs and half of
    /// by how much more one has.
    #[inline]
    fn difference(self, other: Self) -> u32 {
        ((self.bits ^ other.bits).count_ones() + self.count.abs_diff(other.count)) / 2
    }
}

impl Mark {
    fn of(text: &[u32]) -> Self {
        let (mut letters, mut couples) = (0_u64, 0_u64);
        let mut before = 0_u32;
        for (place, code) in text.iter().enumerate() {
            let class = 1 << (code % 32);
            letters |= (letters & class) << 32 | class;
            if place > 0 {
                // Fibonacci hashing: the product's uppermost six bits choose the class.
                let mixed = (before << 16 ^ code).wrapping_mul(0x9E37_79B9);
                couples |= 1 << (mixed >> 26);
            }
            before = *code;
        }
        Self {
            letters: Bits::new(letters),
            couples: Bits::new(couples),
        }
    }

    /// A lower bound of the distance: an edit takes away at most one letter's bit and adds at most
    /// one.
    #[inline]
    pub fn least_distance(self, other: Self) -> u32 {
        self.letters.difference(other.letters)
    }

    /// Another: an edit takes away at most two couples and adds at most two.
    #[inline]
    pub fn least_distance_of_couples(self, other: Self) -> u32 {
        self.couples.difference(other.couples).div_ceil(2)
    }
}

/// Many coded names, end to end.
pub(crate) struct Texts {
    codes: Vec<u32>,
    /// Where each name ends; it starts where the one before it ends.
    ends: Vec<usize>,
    marks: Vec<Mark>,
    longest: usize,
}

impl Texts {
    /// Codes names of this alphabet.
    fn new<'n>(names: impl Iterator<Item = &'n str>, alphabet: &Alphabet) -> Self {
        let mut texts = Self {
            codes: Vec::new(),
            ends: Vec::new(),
            marks: Vec::new(),
            longest: 0,
        };
        for name in names {
            let start = texts.codes.len();
            texts
                .codes
                .extend(name.chars().map(|letter| alphabet.code(letter)));
            texts.longest = texts.longest.max(texts.codes.len() - start);
            texts.ends.push(texts.codes.len());
            texts
                .marks
                .push(Mark::of(texts.codes.get(start..).unwrap_or_default()));
        }
        texts
    }

    /// The same names, each read from its end.
    pub fn reversed(&self) -> Self {
        let mut codes = Vec::with_capacity(self.codes.len());
        for index in 0..self.len() {
            codes.extend(self.get(index).iter().rev());
        }
        Self {
            codes,
            ends: self.ends.clone(),
            marks: self.marks.clone(),
            longest: self.longest,
        }
    }

    /// How many names.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Characters in the longest.
    pub fn longest(&self) -> usize {
        self.longest
    }

    /// One name.
    pub fn get(&self, index: usize) -> &[u32] {
        let start = match index.checked_sub(1) {
            Some(before) => self.ends.get(before).copied().unwrap_or_default(),
            None => 0,
        };
        let end = self.ends.get(index).copied().unwrap_or(start);
        self.codes.get(start..end).unwrap_or_default()
    }

    /// The mark of one name.
    pub fn mark(&self, index: usize) -> Mark {
        self.marks.get(index).copied().unwrap_or_default()
    }
}
