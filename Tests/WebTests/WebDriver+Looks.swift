import BgdemoTestSupport
import Foundation

extension WebDriver {
    /// The sizes and colours in which every page is looked at.
    static let looks = [(1280, 720, false), (1280, 720, true), (390, 844, false), (390, 844, true)]

    /// What is wrong with the page that is open: it is wider than its window, something is cut, axe-core finds something, it
    /// has loaded something from elsewhere, or the keyboard does not get everywhere; nothing where it is right.
    func faultsOfPage() async throws -> [String] {
        var faults: [String] = []
        let wide = try await text("return String(document.documentElement.scrollWidth - innerWidth)")
        if Int(wide).map({ $0 > 0 }) ?? true { faults.append("wider than the window by \(wide)") }
        let cut = try await text(
            """
            const ways = new Set(['hidden', 'clip', 'auto', 'scroll']);
            return [...document.querySelectorAll('main *')]
              .filter(e => ways.has(getComputedStyle(e).overflowX) && e.scrollWidth > e.clientWidth + 1 && e.clientWidth > 1
                && !e.matches('.cut, .clamp, .views, pre, input, textarea, thead, iframe'))
              .map(e => `${e.tagName}.${e.className} ${e.innerText.slice(0, 60)}`).join('; ');
            """)
        if !cut.isEmpty { faults.append("cut: \(cut)") }
        let axe = try await accessibilityFaults()
        if !axe.isEmpty { faults.append(axe) }
        let others = try await text(
            """
            return performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin)).join();
            """)
        if !others.isEmpty { faults.append("loads \(others)") }
        let unreached = try await notReachedByKeyboard()
        if !unreached.isEmpty { faults.append("no Tab reaches \(unreached)") }
        return faults
    }

    /// What the Tab key does not get to.
    private func notReachedByKeyboard() async throws -> String {
        let all =
            "[...document.querySelectorAll('a[href], button, input:not([type=hidden]), select, textarea, summary')]"
        // The page may be replaced meanwhile: elements are told apart by their places.
        let count = try await text(
            """
            window.shown = e => e.getClientRects().length > 0 && !e.closest('dialog');
            window.all = () => \(all).filter(shown);
            window.reached = new Set();
            addEventListener('focusin', event => reached.add(all().indexOf(event.target)));
            document.activeElement.blur();
            return String(all().length);
            """)
        try await press(Self.tab, times: (Int(count) ?? 0) * 2 + 20)
        return try await text(
            """
            return all().map((e, place) => reached.has(place) ? '' : `${e.tagName} ${e.innerText || e.name || e.href}`)
              .filter(Boolean).slice(0, 5).join('; ');
            """)
    }

    /// Milliseconds from the navigation to the first paint; nil where there is none yet.
    func firstPaint() async throws -> Int? {
        Int(
            try await text(
                "return String(Math.round(performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN))"
            ))
    }
}
