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
        var table = new Table { Border = TableBorder.None, UseSafeBorder = false };
        foreach (var column in shown)
        {
            // The last column says why, in as many lines as it needs.
            var last = ReferenceEquals(column, shown[^1]);
            table.AddColumn(new TableColumn(new Markup(column.Header, new Style(decoration: Decoration.Bold))) { NoWrap = !last, Padding = new Padding(0, 0, last ? 0 : 2, 0) });
        }

        foreach (var row in rows)
        {
            table.AddRow(shown.Select(column => column.Cell(row)).Select(cell =>
                new Spectre.Console.Text(Text.OneLine(cell.Text), cell.Color is { } colour ? new Style(colour) : Style.Plain)));
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
}
