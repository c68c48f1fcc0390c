using Spectre.Console;

namespace Monitor.Cli.Tables;

/// <param name="Wide">Left out on a terminal too narrow for all of them.</param>
internal sealed record Column<T>(string Header, Func<T, Cell> Cell, bool Wide = false);

/// <summary>
/// A table: on a terminal coloured and fitted to its width; in a file or a pipe plain text, columns two spaces apart, one row a line however
/// long it is.
/// </summary>
internal sealed class Columns<T>(params Column<T>[] columns)
{
    private const int WideEnough = 120;
    private const int Gap = 2;
    private const int Narrowest = 6;

    public void Write(Shell shell, IEnumerable<T> rows)
    {
        if (shell.TerminalWidth is { } width)
            WriteTerminal(shell, rows, width);
        else
            WritePlain(shell.Output, rows);
    }

    private void WriteTerminal(Shell shell, IEnumerable<T> rows, int width)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(shell.Output),
            Ansi = shell.Colours ? AnsiSupport.Yes : AnsiSupport.No,
            ColorSystem = shell.Colours ? ColorSystemSupport.Standard : ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            // Enrichers turn colours on in build logs; here only a terminal has them.
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = width;

        var shown = columns.Where(column => !column.Wide || width >= WideEnough).ToArray();
        var cells = rows.Select(row => Array.ConvertAll(shown, column => column.Cell(row) is var cell ? cell with { Text = Text.OneLine(cell.Text) } : default)).ToArray();
        var widths = shown.Select((column, at) => cells.Max(row => Math.Max(row[at].Text.Length, column.Header.Length))).ToArray();
        Fit(widths, width - (Gap * (shown.Length - 1)));

        var last = shown.Length - 1;
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        for (var at = 0; at <= last; at++)
        {
            table.AddColumn(new TableColumn(new Spectre.Console.Text(Cut(shown[at].Header, widths[at]), new Style(decoration: Decoration.Bold)))
            {
                Width = widths[at],
                // The last column says why, in as many lines as it needs.
                NoWrap = at != last,
                Padding = new Padding(0, 0, at == last ? 0 : Gap, 0),
            });
        }

        foreach (var row in cells)
        {
            table.AddRow(row.Select((cell, at) => new Spectre.Console.Text(
                at == last ? cell.Text : Cut(cell.Text, widths[at]),
                cell.Color is { } colour ? new Style(colour) : Style.Plain)));
        }

        console.Write(table);
    }

    private void WritePlain(TextWriter output, IEnumerable<T> rows)
    {
        var lines = new List<string[]> { Array.ConvertAll(columns, column => column.Header) };
        lines.AddRange(rows.Select(row => Array.ConvertAll(columns, column => Text.OneLine(column.Cell(row).Text))));
        var widths = Enumerable.Range(0, columns.Length).Select(column => lines.Max(line => line[column].Length)).ToArray();
        foreach (var line in lines)
            output.WriteLine(string.Join("  ", line.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
    }

    // The widest columns, ids mostly, give way to the others.
    private static void Fit(int[] widths, int available)
    {
        while (widths.Sum() > available && widths.Max() is var widest && widest > Narrowest)
            widths[Array.IndexOf(widths, widest)]--;
    }

    // In the middle: ids often differ only in their ends.
    private static string Cut(string text, int width) =>
        text.Length <= width ? text : $"{text[..(width / 2)]}…{text[^((width - 1) / 2)..]}";
}
