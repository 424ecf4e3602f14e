//! A prefix tree of names, searched for everything within a few edits.
//!
//! The tree is an array in depth-first order in which every node knows where its subtree ends, so
//! that leaving a branch is one jump. A search carries, per level, one bit row per number of
//! edits: bit `p` of row `e` says that the first `p` characters of the wanted name turn into the
//! path to this node with at most `e` edits (the bit-parallel automaton of Wu and Manber, 1992).
//! When all rows are empty nothing below can match. Where only one name is left below a node, its
//! tail is not stored but read from the names themselves.

use crate::text::Texts;

/// The longest name that a search takes, in characters: five machine words less the zeroth bit.
/// AWS allows 256 in a tag's value.
pub(crate) const LONGEST_PATTERN: usize = 5 * 64 - 1;

/// The most edits that a search takes.
pub(crate) const MOST_EDITS: usize = 3;

const NO_NAME: u32 = u32::MAX;

#[derive(Clone, Copy)]
struct Node {
    code: u32,
    /// Length of the path to here, this node's character included.
    depth: u32,
    /// Shortest and longest name that ends in this subtree.
    shortest: u32,
    longest: u32,
    /// The first node after this subtree.
    after: u32,
    /// The name that ends here, or whose tail goes on from here alone.
    name: u32,
}

/// A prefix tree over names.
pub(crate) struct Trie {
    nodes: Vec<Node>,
    deepest: usize,
}

/// What a search looks for, and its working memory: made once for many searches.
/// A pattern has fewer than `64 * WORDS` characters, a search fewer than `ROWS` edits.
pub(crate) struct Pattern<const WORDS: usize, const ROWS: usize> {
    /// By code: bit `p` set where the name has this character after its first `p`.
    places: Vec<[u64; WORDS]>,
    length: usize,
    /// The rows on the path to the present node, by depth.
    levels: Vec<Rows<WORDS, ROWS>>,
}

impl<const WORDS: usize, const ROWS: usize> Pattern<WORDS, ROWS> {
    /// Room for an alphabet.
    pub fn new(alphabet: usize) -> Self {
        Self {
            places: vec![[0; WORDS]; alphabet],
            length: 0,
            levels: Vec::new(),
        }
    }

    /// Loads a name; the one before must have been cleared.
    pub fn load(&mut self, text: &[u32]) {
        self.length = text.len();
        for (place, code) in text.iter().enumerate() {
            if let Some(row) = self.places.get_mut(*code as usize)
                && let Some(word) = row.get_mut(place / 64)
            {
                *word |= 1 << (place % 64);
            }
        }
    }

    /// Clears what [`Pattern::load`] set.
    pub fn clear(&mut self, text: &[u32]) {
        for code in text {
            if let Some(row) = self.places.get_mut(*code as usize) {
                *row = [0; WORDS];
            }
        }
    }
}

/// Rows for up to [`MOST_EDITS`] edits.
type Rows<const WORDS: usize, const ROWS: usize> = [[u64; WORDS]; ROWS];

/// How one search is bounded.
struct Bounds<const WORDS: usize> {
    /// Bits `0..=length`.
    whole: [u64; WORDS],
    /// Bits from the gate on: the only places where the more expensive rows may be.
    gated: [u64; WORDS],
    /// Rows above this number of edits are gated.
    free_edits: usize,
    length: usize,
}

impl<const WORDS: usize> Bounds<WORDS> {
    fn new(length: usize, gate: usize, free_edits: usize) -> Self {
        let mut whole = [0; WORDS];
        let mut gated = [0; WORDS];
        for word in 0..WORDS {
            whole[word] = below(length + 1, word);
            gated[word] = whole[word] & !below(gate, word);
        }
        Self {
            whole,
            gated,
            free_edits,
            length,
        }
    }

    #[inline]
    fn limit(&self, row: usize) -> &[u64; WORDS] {
        if row > self.free_edits {
            &self.gated
        } else {
            &self.whole
        }
    }

    /// The fewest edits with which the whole wanted name is consumed.
    #[inline]
    fn accepted<const ROWS: usize>(&self, rows: &Rows<WORDS, ROWS>) -> Option<usize> {
        rows.iter()
            .position(|row| row[self.length / 64] >> (self.length % 64) & 1 == 1)
    }

    #[inline]
    fn start<const ROWS: usize>(&self) -> Rows<WORDS, ROWS> {
        let mut rows = [[0; WORDS]; ROWS];
        for (edits, row) in rows.iter_mut().enumerate() {
            // Row `e` begins with up to `e` characters of the wanted name left out.
            row[0] = ((2 << edits) - 1) & self.limit(edits)[0];
        }
        rows
    }

    /// The rows after one more character, and whether any bit is left.
    #[inline]
    fn step<const ROWS: usize>(
        &self,
        before: &Rows<WORDS, ROWS>,
        places: &[u64; WORDS],
    ) -> (Rows<WORDS, ROWS>, bool) {
        let mut rows = [[0; WORDS]; ROWS];
        let mut any = 0;
        for edits in 0..ROWS {
            let limit = self.limit(edits);
            let mut carry = 0;
            for word in 0..WORDS {
                // Same character; and with an edit more: a changed one, one left out.
                let mut moved = before[edits][word] & places[word];
                let mut stayed = 0;
                if edits > 0 {
                    moved |= before[edits - 1][word] | rows[edits - 1][word];
                    // An extra character in the path.
                    stayed = before[edits - 1][word];
                }
                rows[edits][word] = (moved << 1 | carry | stayed) & limit[word];
                carry = moved >> 63;
                any |= rows[edits][word];
            }
        }
        (rows, any != 0)
    }
}

/// The bits of one word that stand below a place.
fn below(place: usize, word: usize) -> u64 {
    match place.saturating_sub(word * 64) {
        0 => 0,
        64.. => u64::MAX,
        bits => (1 << bits) - 1,
    }
}

fn common_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

impl Trie {
    /// A tree of these names, which must all be different and not empty; names too long for any
    /// search to reach stay out.
    pub fn new(texts: &Texts) -> Self {
        let mut order: Vec<usize> = (0..texts.len())
            .filter(|index| texts.get(*index).len() <= LONGEST_PATTERN + MOST_EDITS)
            .collect();
        order.sort_unstable_by(|a, b| texts.get(*a).cmp(texts.get(*b)));
        let mut trie = Self {
            nodes: Vec::with_capacity(order.len() * 3),
            deepest: 0,
        };
        let mut open: Vec<usize> = Vec::new();
        let mut shared = 0;
        for (position, index) in order.iter().enumerate() {
            let text = texts.get(*index);
            let next = order
                .get(position + 1)
                .map_or(&[][..], |next| texts.get(*next));
            let shared_on = common_prefix(text, next);
            trie.close(&mut open, shared);
            // One node beyond what the neighbours share: from there on the name is alone.
            let stored = (shared.max(shared_on) + 1).min(text.len());
            let length = small(text.len());
            for (depth, code) in text.iter().enumerate().take(stored).skip(open.len()) {
                open.push(trie.nodes.len());
                trie.nodes.push(Node {
                    code: *code,
                    depth: small(depth + 1),
                    shortest: length,
                    longest: length,
                    after: 0,
                    name: if depth + 1 == stored {
                        small(*index)
                    } else {
                        NO_NAME
                    },
                });
            }
            trie.deepest = trie.deepest.max(stored);
            shared = shared_on;
        }
        trie.close(&mut open, 0);
        trie
    }

    /// Closes the branches deeper than `depth`.
    fn close(&mut self, open: &mut Vec<usize>, depth: usize) {
        let after = small(self.nodes.len());
        while open.len() > depth {
            let closed = open
                .pop()
                .and_then(|last| self.nodes.get_mut(last))
                .map(|node| {
                    node.after = after;
                    (node.shortest, node.longest)
                });
            let parent = open.last().and_then(|parent| self.nodes.get_mut(*parent));
            if let (Some((shortest, longest)), Some(parent)) = (closed, parent) {
                parent.shortest = parent.shortest.min(shortest);
                parent.longest = parent.longest.max(longest);
            }
        }
    }

    /// Calls `found(name, edits)` for every name of `texts` (those of [`Trie::new`]) into which
    /// the pattern turns with fewer than `ROWS` edits, of which at most `free_edits` fall before
    /// the pattern's first `gate` characters are consumed; `edits` is the fewest under that rule.
    /// Answers how many steps it took.
    pub fn search<const WORDS: usize, const ROWS: usize>(
        &self,
        texts: &Texts,
        pattern: &mut Pattern<WORDS, ROWS>,
        (gate, free_edits): (usize, usize),
        mut found: impl FnMut(usize, usize),
    ) -> usize {
        let bounds = Bounds::<WORDS>::new(pattern.length, gate, free_edits);
        let shortest = small(pattern.length.saturating_sub(ROWS - 1));
        let longest = small(pattern.length + ROWS - 1);
        // Every code below is in the alphabet that `places` has room for, every depth at most
        // `deepest`, and a depth's row is written before a deeper node reads it.
        let Pattern { places, levels, .. } = pattern;
        levels.resize(self.deepest + 1, [[0; WORDS]; ROWS]);
        levels[0] = bounds.start();
        let mut steps = 0;
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            steps += 1;
            let depth = node.depth as usize;
            let (rows, alive) = bounds.step(&levels[depth - 1], &places[node.code as usize]);
            if !alive || node.longest < shortest || node.shortest > longest {
                at = node.after as usize;
                continue;
            }
            at += 1;
            levels[depth] = rows;
            if node.name == NO_NAME {
                continue;
            }
            let name = node.name as usize;
            let tail = texts.get(name).get(depth..).unwrap_or_default();
            let mut rows = rows;
            let mut alive = true;
            for code in tail {
                steps += 1;
                (rows, alive) = bounds.step(&rows, &places[*code as usize]);
                if !alive {
                    break;
                }
            }
            if alive && let Some(edits) = bounds.accepted(&rows) {
                found(name, edits);
            }
        }
        steps * WORDS
    }
}
