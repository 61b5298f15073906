extension HTMLReport {
    /// For the end of the page's `head`.
    static let head = """
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
        <style>
        \(Palette.light.variables)\(Palette.light.drawingStyle)
        @media screen and (prefers-color-scheme: dark) {
        \(Palette.dark.variables)\(Palette.dark.drawingStyle)}
        \(style)</style>

        """

    private static let style = """
        html { font-size: clamp(100%, .75rem + .35vw, 150%) }
        body { background: var(--ground); color: var(--ink); max-width: 78rem; overflow-wrap: break-word }
        h1 { font-size: 1.9rem; line-height: 1.2; margin: .5rem 0 .2rem }
        h2 { font-size: 1.3rem; margin: 2.4rem 0 .4rem }
        .load { color: var(--faint); margin: 0 }
        .summary { font-size: 1.15rem; list-style: none; margin: 1.2rem 0; max-width: 60rem; padding: 0 }
        .summary li { border-inline-start: 3px solid var(--grid); margin: .5rem 0; padding-inline-start: .8rem }
        .summary li:first-child { border-color: var(--ink); font-weight: 600 }
        figure { margin: .6rem 0 }
        svg { display: block; height: auto; max-width: 100%; overflow: visible; width: 100% }
        svg.narrow { display: none }
        .scroll { margin: .8rem 0; overflow-x: auto }
        .scroll:focus-visible, summary:focus-visible { outline: 2px solid var(--ink) }
        table { font-size: .85rem; font-variant-numeric: tabular-nums; width: auto }
        caption { color: var(--faint); padding: .3rem 0; text-align: start }
        caption span { display: inline-block; inset-inline-start: 0; max-width: calc(100vw - 2.2rem); position: sticky }
        th, td { border-bottom: 1px solid var(--grid); overflow-wrap: normal; padding: .3rem .9rem .3rem 0 }
        th { font-weight: 600 } thead th { vertical-align: bottom }
        tbody th { background: var(--ground); inset-inline-start: 0; position: sticky; white-space: nowrap }
        td.number { white-space: nowrap } .number { text-align: end } thead th:not(:first-child) { min-width: 3.4rem }
        details { margin: .4rem 0 } summary { color: var(--faint); cursor: pointer; padding: .3rem 0 }
        .fates { border-collapse: separate; border-spacing: 3px; font-size: .78rem }
        .fates th { border: 0 } .fates thead th { padding: .2rem .3rem }
        .fates tbody th { font-weight: 500; min-width: 7rem; white-space: normal }
        .fates td { border: 2px solid transparent; border-radius: .2rem; min-width: 5.6rem; padding: .3rem .4rem }
        .fates td strong, .fates td span, .fates td em { display: block }
        .fates td span { color: var(--faint) } .fates td.promise { border-color: var(--ink) }
        .fates td.broken { border: 4px double var(--alarm) } .fates td.broken strong, .fates em { color: var(--alarm) }
        .fates td.kept { background: var(--kept) } .fates td.doubled { background: var(--doubled) }
        .fates td.lost { background: var(--lost) } .fates td.idle { background: var(--idle) }
        .printed { display: none }
        .caveat { border-inline-start: 3px solid var(--alarm); margin: .3rem 0; padding-inline-start: .8rem }
        dl { display: grid; gap: .2rem 2rem; grid-template-columns: repeat(auto-fill, minmax(min(100%, 22rem), 1fr)) }
        dt { color: var(--faint); font-size: .85rem } dd { margin: 0 0 .4rem; overflow-wrap: anywhere }
        pre { border-color: var(--grid); font-size: .9rem }
        :root { --least: 7.5rem }
        @media (max-width: 40rem) {
            :root { --least: 5rem }
            svg.wide { display: none } svg.narrow { display: block }
            h1 { font-size: 1.5rem } .summary { font-size: 1rem }
        }
        @media screen and (max-width: 72rem) { th, td { padding-inline-end: .5rem } thead th { overflow-wrap: anywhere } }
        /* A row is a card: the name of its column stands over each figure. */
        @media screen and (max-width: 60rem) {
            .scroll { overflow: visible } caption span { position: static }
            table, caption, tbody { display: block }
            thead { clip-path: inset(50%); height: 1px; overflow: hidden; position: absolute; width: 1px }
            tbody tr { border-bottom: 1px solid var(--grid); display: grid; gap: .3rem .8rem; padding: .5rem 0;
                grid-template-columns: repeat(auto-fill, minmax(var(--least), 1fr)) }
            tbody th { grid-column: 1 / -1 }
            tbody th, td, td.number { border: 0; min-width: 0; padding: 0; position: static; white-space: normal }
            td, td.number, tbody th { overflow-wrap: anywhere; text-align: start }
            td::before { color: var(--faint); content: attr(data-label); display: block; font-size: .75rem }
            .fates { --least: 7.5rem } .fates td { padding: .3rem .4rem }
        }
        @media print {
            html { font-size: 9.5pt } body { max-width: none; padding: 0 }
            figure, table, tr, .summary li { break-inside: avoid } h2, caption { break-after: avoid }
            h2 { margin-top: 1.4rem } th, td { padding: .1rem .4rem .1rem 0 }
            thead th { overflow-wrap: anywhere } thead th:not(:first-child) { min-width: 0 }
            details::details-content { content-visibility: visible; height: auto } summary { display: none }
            .scroll { overflow: visible } tbody th { position: static }
            .fates { font-size: 6.5pt } .fates td, .fates thead th { min-width: 0; padding: .15rem }
            /* A table that is longer than a page would be split. */
            .long { display: none } .printed { display: block } .fates td span:not(:first-of-type) { display: none }
            .fates td, rect, circle, path { print-color-adjust: exact; -webkit-print-color-adjust: exact }
        }

        """
}
