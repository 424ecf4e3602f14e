//! The live picture: a line of what goes on, a bar for each wave, a line of what it waits for.

use std::io;

use dr_api::executions::ExecutionView;
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::view;
use crate::text::clean;

const WAVE: &str = "{prefix} [{bar:30}] {msg}";
const LINE: &str = "{msg}";
/// A wave's name is cut at this many characters, so that the bars stand under each other.
const NAME_WIDTH: usize = 24;

/// The picture.
pub struct Bars {
    all: MultiProgress,
    head: ProgressBar,
    waves: Vec<ProgressBar>,
    foot: ProgressBar,
}

impl Bars {
    /// An empty one, on standard output.
    #[must_use]
    pub fn new() -> Self {
        let all = MultiProgress::with_draw_target(ProgressDrawTarget::stdout());
        Self::on(all)
    }

    fn on(all: MultiProgress) -> Self {
        let line = || ProgressBar::new(0).with_style(style(LINE));
        let head = all.add(line());
        let foot = all.add(line());
        Self {
            all,
            head,
            waves: Vec::new(),
            foot,
        }
    }

    /// Shows a look.
    pub fn show(&mut self, view: &ExecutionView) {
        self.head.set_message(clean(&format!(
            "{}  {} ({})  {}%  {}",
            view::title(view),
            view.status.as_str(),
            view::phase(view.current_phase),
            view.progress_percent,
            view::time_against_target(view),
        )));
        let width = view
            .waves
            .iter()
            .map(|wave| wave.name.chars().count().min(NAME_WIDTH))
            .max()
            .unwrap_or_default();
        while self.waves.len() < view.waves.len() {
            let bar = ProgressBar::new(0).with_style(style(WAVE).progress_chars("=> "));
            self.waves.push(self.all.insert_before(&self.foot, bar));
        }
        for (index, (bar, wave)) in self.waves.iter().zip(&view.waves).enumerate() {
            let name: String = clean(&wave.name).chars().take(NAME_WIDTH).collect();
            let mark = if view.current_wave == Some(index + 1) {
                '>'
            } else {
                ' '
            };
            bar.set_length(wave.tally.total() as u64);
            bar.set_position(view::settled(&wave.tally) as u64);
            bar.set_prefix(format!("{mark} {:>2} {name:width$}", index + 1));
            bar.set_message(view::counts(&wave.tally));
        }
        self.foot.set_message(clean(&foot(view)));
    }

    /// A line that stays, above the picture.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn above(&self, text: &str) -> io::Result<()> {
        self.all.println(clean(text))
    }

    /// Leaves the picture as it is, for what is printed next.
    pub fn close(&self) {
        for bar in self.waves.iter().chain([&self.head, &self.foot]) {
            bar.abandon();
        }
    }
}

fn foot(view: &ExecutionView) -> String {
    view::waits(view).join("; ")
}

pub(super) fn style(template: &str) -> ProgressStyle {
    // The templates are ours, and a test reads them.
    ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar())
}

#[cfg(test)]
mod tests {
    use indicatif::ProgressStyle;

    use super::{LINE, WAVE};

    #[test]
    fn the_templates_are_well_formed() {
        for template in [WAVE, LINE] {
            assert!(ProgressStyle::with_template(template).is_ok(), "{template}");
        }
    }
}
