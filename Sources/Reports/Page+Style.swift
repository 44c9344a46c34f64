extension Page {
    /// Classes a to j are colours; m is what others are compared with, solid an area that is no background.
    static let style = """
        :root{color-scheme:light dark;--fg:#1b1f24;--bg:#fff;--raised:#f6f8fa;--muted:#59636e;--grid:#e1e4e8;
        --a:#0969da;--b:#bc4c00;--c:#cf222e;--d:#1a7f37;--e:#8250df;--f:#b08800;--g:#0e7c86;--h:#bf3989;--i:#57606a;--j:#953800;
        --m:#8c959f}
        @media(prefers-color-scheme:dark){:root{--fg:#e6edf3;--bg:#0d1117;--raised:#151b23;--muted:#9198a1;--grid:#2a313a;
        --a:#58a6ff;--b:#f0883e;--c:#ff7b72;--d:#3fb950;--e:#bc8cff;--f:#e3b341;--g:#39c5cf;--h:#f778ba;--i:#b1bac4;--j:#d18616;
        --m:#6e7681}}
        *{box-sizing:border-box}html{scroll-behavior:smooth}
        body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.55 system-ui,sans-serif}
        main{max-width:68rem;margin:0 auto;padding:2rem 1.25rem 4rem}h1{font-size:1.6rem;line-height:1.25;margin:0 0 .5rem}
        h2{font-size:1.15rem;margin:2.75rem 0 .25rem}h3{font-size:1rem;margin:1.5rem 0 .25rem}p{margin:.35rem 0;max-width:48rem}
        .muted,section>p{color:var(--muted)}code{font:.9em ui-monospace,monospace}
        pre{background:var(--raised);border:1px solid var(--grid);border-radius:8px;padding:.8rem 1rem;overflow-x:auto;white-space:pre-wrap}
        nav{display:flex;flex-wrap:wrap;gap:.15rem 1.1rem;font-size:.9rem;border-block:1px solid var(--grid);padding:.55rem 0}
        a{color:var(--a);text-underline-offset:2px}nav a{text-decoration:none}nav a:hover{text-decoration:underline}
        :focus-visible{outline:2px solid var(--a);outline-offset:2px;border-radius:4px}
        .tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:.75rem;margin:.75rem 0}
        .tiles div{border:1px solid var(--grid);border-radius:10px;padding:.7rem .9rem;background:var(--raised)}
        dt{color:var(--muted);font-size:.83rem;line-height:1.3}h1+p{margin-bottom:1.2rem}nav{margin-top:1.4rem}
        dd{margin:.1rem 0 0;font-size:1.45rem;font-variant-numeric:tabular-nums}
        dd small{display:block;font-size:.78rem;color:var(--muted);line-height:1.3}
        .warning{border-left:4px solid var(--c);padding-left:.8rem}
        figure{margin:.75rem 0 0}.scroll{overflow-x:auto}svg{display:block;width:100%;min-width:40rem;height:auto}
        svg text{fill:var(--muted);font:12px system-ui,sans-serif}svg .row{fill:var(--fg)}svg text:not(.inside){paint-order:stroke;
        stroke:var(--bg);stroke-width:3px}svg .name{fill:var(--c)}
        .grid{stroke:var(--grid)}.line{fill:none;stroke-width:1.8;stroke-linejoin:round}
        .mark{stroke:var(--c);stroke-dasharray:5 4}
        .a{color:var(--a)}.b{color:var(--b)}.c{color:var(--c)}.d{color:var(--d)}.e{color:var(--e)}.f{color:var(--f)}.g{color:var(--g)}
        .h{color:var(--h)}.i{color:var(--i)}.j{color:var(--j)}.m{color:var(--m)}
        .line,.dot{stroke:currentColor}.dot,.band{fill:currentColor}.band{stroke:none;opacity:.22}.band.solid{opacity:.82}
        .line.m,.line.dashed{stroke-dasharray:4 4}
        .line.strong{stroke-width:2.6}.line.load{color:var(--fg);stroke-width:1.6}
        .note{fill:transparent}.note:hover{fill:var(--fg);fill-opacity:.07}.cell:hover rect,rect.solid:hover{opacity:1}
        .inside{fill:var(--bg);font-weight:600}.band.none{fill:var(--grid)}.none+.inside{fill:var(--muted)}
        .legend{display:flex;flex-wrap:wrap;gap:.2rem 1.1rem;list-style:none;margin:.35rem 0 0;padding:0 0 0 .2rem;font-size:.86rem}
        .legend li{display:flex;align-items:center;gap:.45rem}.legend i{width:1.15rem;flex:none}
        .legend .area{height:.75rem;border-radius:3px;background:currentColor;opacity:.85}.legend .line{border-top:3px solid}
        .legend .line.m,.legend .line.dashed{border-top-style:dashed}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums;font-size:.87rem;margin:.6rem 0;min-width:100%}
        th,td{padding:.38rem .55rem;border-bottom:1px solid var(--grid);text-align:right;white-space:nowrap}
        thead th{color:var(--muted);font-weight:600;vertical-align:bottom}
        th:first-child{text-align:left;padding-left:.2rem;position:sticky;left:0;
        background:var(--bg)}
        tbody th{font-weight:500}
        tbody .ours>*{background:var(--raised);font-weight:650}.text td,.text th{text-align:left;white-space:normal}
        tbody tr:hover>*{background:var(--raised)}details{margin:.6rem 0}summary{cursor:pointer;color:var(--a)}
        .bad{color:var(--c)}
        @media print{nav{display:none}details>*{display:block}}
        """
}
