//! Seeded randomness: the same seed and the same calls make the same world.

use rand::distr::Alphanumeric;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A counter-based generator that can be stored and continued.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Dice {
    seed: u64,
    rolls: u64,
}

impl Dice {
    /// Starts from a seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, rolls: 0 }
    }

    /// Other dice, that follow from these and leave them as they are: for what is added to a world
    /// without changing anything else in it.
    #[must_use]
    pub fn aside(&self) -> Self {
        // Any odd factor keeps different positions apart.
        let position = self
            .rolls
            .wrapping_add(1)
            .wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self::new(self.seed ^ position)
    }

    fn next(&mut self) -> ChaCha8Rng {
        self.rolls += 1;
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        rng.set_stream(self.rolls);
        rng
    }

    /// `n` hexadecimal digits, for ids such as `i-` + 17.
    pub fn hex(&mut self, n: usize) -> String {
        let mut rng = self.next();
        (0..n)
            .map(|_| char::from(HEX[rng.random_range(0..HEX.len())]))
            .collect()
    }

    /// `n` letters and digits, for ids such as `s-` + 17.
    pub fn alphanumeric(&mut self, n: usize) -> String {
        let mut rng = self.next();
        (0..n)
            .map(|_| char::from(rng.sample(Alphanumeric)))
            .collect()
    }

    /// A random-looking UUID, for request and event ids.
    pub fn uuid(&mut self) -> String {
        let hex = self.hex(32);
        let (a, rest) = hex.split_at(8);
        let (b, rest) = rest.split_at(4);
        let (c, rest) = rest.split_at(4);
        let (d, e) = rest.split_at(4);
        format!("{a}-{b}-{c}-{d}-{e}")
    }

    /// A whole number in `low..=high`.
    pub fn between(&mut self, low: u64, high: u64) -> u64 {
        self.next().random_range(low..=high.max(low))
    }
}
