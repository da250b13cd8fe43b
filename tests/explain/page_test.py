#!/usr/bin/env python3
"""The page of `weld explain --html` in headless Chromium: page_test.py WELD [--screenshots FOLDER]"""
import os
import subprocess
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import browser

WELD = ""
SCREENSHOTS = ""
ENTER, SPACE, RIGHT = "\ue007", " ", "\ue014"
SKIPPED = 77

PROGRAM = """# What was sold, by region; the text is to be seen, not run: </script><script>window.hacked = 1</script>
|prices: vec[f64], amounts: vec[i64], regions: vec[i64]|
  let revenue = result(for(zip(prices, amounts), appender[f64], |b, i, e| merge(b, e.$0 * f64(e.$1))));
  let large = filter(revenue, |x| x > 10.0);
  let total = result(for(large, merger[f64,+], |b, i, x| merge(b, x)));
  let by_region = result(for(zip(regions, revenue), dictmerger[i64,f64,+], |b, i, e|
    if(e.$1 > total / 100.0, merge(b, {e.$0, e.$1}), b)));
  let ordered = sort(tovec(by_region), |r| r.$1);
  {total, map(ordered, |r| r.$0), "</script><script>window.hacked = 2</script><!--<script>"}
"""
ARGUMENTS = "[1.5, 20.0, 3.0], [10, 20, 30], [1, 2, 1]"


class PageTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.page = os.path.join(cls.folder.name, "page.html")
        program = os.path.join(cls.folder.name, "sales.weld")
        with open(program, "w") as file:
            file.write(PROGRAM)
        # Without the passes that compute revenue twice, or read it where it is made, there is more to show.
        subprocess.run([WELD, "explain", program, "--passes=-recompute-maps,-fuse-readers", "--run", "--args", ARGUMENTS, "--html", cls.page], check=True, timeout=120)
        cls.browser = browser.Browser().__enter__()
        cls.addClassCleanup(cls.folder.cleanup)
        cls.addClassCleanup(cls.browser.__exit__)

    def setUp(self):
        self.browser.command("Emulation.setEmulatedMedia", features=[])
        self.browser.resize(1400, 1000)
        self.browser.open("about:blank")
        self.browser.open("file://" + self.page)

    def tearDown(self):
        self.assertEqual(self.browser.errors(), [])

    def pressed(self, number):
        """That everything that stands for the loop, and nothing else, is shown as chosen."""
        chosen = self.browser.run(
            "return [...document.querySelectorAll('[data-loop][aria-pressed=true]')].map((each) => each.getAttribute('data-loop'))")
        self.assertEqual(set(chosen), {str(number)})
        self.assertGreaterEqual(len(chosen), 3)  # card, source, picture

    def test_what_it_shows_first(self):
        page = self.browser
        self.assertIn("sales.weld", page.text("h1"))
        self.assertIn("4 loops run", page.text("#summary"))
        self.assertIn("4 fusions did not happen", page.text("#summary"))
        self.assertIn("1 sort runs", page.text("#summary"))
        self.assertIn("88 bytes for intermediate values", page.text("#summary"))
        self.assertEqual(page.count(".card[data-loop]"), 4)
        self.assertEqual(page.count(".card.sort"), 1)
        self.assertEqual(page.text("#loop-title"), "loop 0, revenue, line 3")
        self.pressed(0)
        # Each heading follows one of its own or the next higher level.
        levels = [int(tag[1]) for tag in page.run("return [...document.querySelectorAll('h1,h2,h3,h4')].map((h) => h.tagName)")]
        self.assertEqual(levels[0], 1)
        self.assertTrue(all(after - before <= 1 for before, after in zip(levels, levels[1:])), levels)

    def test_texts_of_the_program_are_texts(self):
        page = self.browser
        self.assertIsNone(page.run("return window.hacked === undefined ? null : window.hacked"))
        self.assertIn("</script><script>window.hacked = 2</script><!--<script>", page.text("#source"))
        self.assertIn("</script><script>window.hacked = 2</script><!--<script>", page.text("#optimized-text"))
        self.assertEqual(page.count("script"), 2)

    def test_from_source_to_assembly(self):
        page = self.browser
        page.click("#source button[data-loop='1']")
        self.pressed(1)
        self.assertIn("line 5", page.text("#loop-title"))
        self.assertIn("let total", page.text("#source .row.picked"))
        self.assertIn("merger[f64,+]", page.text("#loop-code"))
        stages = page.run("return [...document.querySelectorAll('#loop .tab')].map((tab) => tab.textContent)")
        self.assertEqual(stages, ["Weld", "LLVM IR", "Optimized LLVM IR", "Assembly"])
        for number, words in ((2, "define internal"), (3, "define internal"), (4, "ret")):
            page.click(f"#loop .tab:nth-child({number})")
            self.assertIn(words, page.text("#loop-code"))
            self.assertEqual(page.attribute(f"#loop .tab:nth-child({number})", "aria-selected"), "true")
        self.assertNotIn("define", page.text("#loop-code"))

    def test_measures(self):
        page = self.browser
        page.click(".card[data-loop='2']")
        self.pressed(2)
        shown = page.text("#loop")
        for words in ("3 rows in ", "32 bytes for builders", "threads: serial", "dictmerger[i64,f64,+]", "with branches"):
            self.assertIn(words, shown)

    def test_sorts(self):
        page = self.browser
        self.assertIn("sort 0", page.text(".card.sort summary"))
        page.click(".card.sort summary")
        shown = page.text(".card.sort")
        for words in ("2 rows in ", "$1", "32 bytes for what it makes", "threads: serial", "an intermediate value, in memory"):
            self.assertIn(words, shown)

    def test_pictures(self):
        page = self.browser
        self.assertEqual(page.count("#graph-before .node.loop"), 5)
        self.assertEqual(page.count("#graph-after .node.loop"), 4)
        self.assertEqual(page.count("#graph-before .edge.memory"), 6)
        self.assertEqual(page.count("#graph-after .edge.memory"), 5)
        page.click("#graph-after [data-loop='3']")
        self.pressed(3)
        # No node lies upon another.
        boxes = page.run(
            "return [...document.querySelectorAll('#graph-before .node rect')]"
            ".map((r) => ['x', 'y', 'width', 'height'].map((name) => Number(r.getAttribute(name))))")
        for i, (x, y, width, height) in enumerate(boxes):
            for other_x, other_y, other_width, other_height in boxes[i + 1:]:
                apart = x + width <= other_x or other_x + other_width <= x or y + height <= other_y or other_y + other_height <= y
                self.assertTrue(apart)

    def test_passes(self):
        page = self.browser
        names = page.run("return [...document.querySelectorAll('#pass-list .tab span')].map((name) => name.textContent)")
        self.assertIn("fuse-maps", names)
        page.click(f"#pass-list .tab:nth-child({names.index('fuse-maps') + 1})")
        self.assertIn("fuse-maps", page.text("#pass h3"))
        self.assertGreater(page.count("#pass .plus"), 0)
        self.assertGreater(page.count("#pass .minus"), 0)

    def test_missed_fusions(self):
        page = self.browser
        self.assertIn("it is read by 2 steps, of which one depends on another, and ", page.text("#missed-list"))
        page.click("#missed-list tbody tr:nth-child(2) td:nth-child(2) button")
        self.pressed(2)

    def test_keyboard(self):
        page = self.browser
        page.keys(".card[data-loop='1']", ENTER)
        self.pressed(1)
        page.keys("#graph-after [data-loop='2']", SPACE)
        self.pressed(2)
        page.keys("#loop .tab:nth-child(1)", RIGHT)
        self.assertEqual(page.run("return document.activeElement.textContent"), "LLVM IR")
        self.assertIn("define internal", page.text("#loop-code"))

    def test_widths(self):
        page = self.browser
        for width in (400, 700, 1400):
            page.resize(width, 900)
            page.click(".card[data-loop='2']")
            self.assertLessEqual(page.run("return document.documentElement.scrollWidth"), width)
            if SCREENSHOTS:
                page.resize(width, page.run("return document.documentElement.scrollHeight"))
                page.screenshot(os.path.join(SCREENSHOTS, f"page-{width}.png"))

    def test_dark_and_still(self):
        page = self.browser
        light = page.run("return getComputedStyle(document.body).backgroundColor")
        page.command("Emulation.setEmulatedMedia",
                     features=[{"name": "prefers-color-scheme", "value": "dark"}, {"name": "prefers-reduced-motion", "value": "reduce"}])
        self.assertNotEqual(page.run("return getComputedStyle(document.body).backgroundColor"), light)
        self.assertEqual(page.run("return getComputedStyle(document.documentElement).scrollBehavior"), "auto")
        self.contrast("dark")
        if SCREENSHOTS:
            page.resize(1400, page.run("return document.documentElement.scrollHeight"))
            page.screenshot(os.path.join(SCREENSHOTS, "page-dark.png"))

    def test_contrast(self):
        self.contrast("light")

    def contrast(self, scheme):
        """Texts stand out from what is behind them as WCAG's level AA asks for: 4.5 to 1."""
        self.browser.click("#pass-list .tab")
        worst = self.browser.run("""
            const channels = (text) => text.match(/[\\d.]+/g).map(Number);
            const luminance = ([r, g, b]) => [r, g, b].map((c) => c / 255)
              .map((c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
              .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
            const behind = (each) => {
              for (; each; each = each.parentElement) {
                const colour = channels(getComputedStyle(each).backgroundColor);
                if (colour.length === 3 || colour[3] > 0) return colour;
              }
              return [255, 255, 255];
            };
            let worst = [99, ""];
            for (const each of document.querySelectorAll("body *")) {
              if (each.closest("svg, script, noscript") || !each.offsetParent) continue;
              if (![...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim())) continue;
              const [one, two] = [luminance(channels(getComputedStyle(each).color)), luminance(behind(each))];
              const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
              if (ratio < worst[0]) worst = [ratio, each.className + ": " + each.textContent.slice(0, 40)];
            }
            return worst""")
        self.assertGreaterEqual(worst[0], 4.5, f"{scheme}: {worst[1]}")

    def test_nothing_is_loaded(self):
        loaded = self.browser.run("return performance.getEntriesByType('resource').map((each) => each.name)")
        self.assertEqual(loaded, [])


class EmptyTest(unittest.TestCase):
    def test_a_program_without_loops(self):
        with tempfile.TemporaryDirectory() as folder, browser.Browser() as page:
            path = os.path.join(folder, "page.html")
            subprocess.run([WELD, "explain", "-e", "1 + 2", "--html", path], check=True, timeout=120)
            page.open("file://" + path)
            self.assertIn("The program has no loop.", page.text("#loop"))
            self.assertIn("0 loops run", page.text("#summary"))
            self.assertEqual(page.errors(), [])


if __name__ == "__main__":
    WELD = sys.argv.pop(1)
    if "--screenshots" in sys.argv:
        at = sys.argv.index("--screenshots")
        SCREENSHOTS = sys.argv[at + 1]
        del sys.argv[at:at + 2]
    if not browser.is_installed():
        print("there is no Chromium here")
        sys.exit(SKIPPED)
    unittest.main()
