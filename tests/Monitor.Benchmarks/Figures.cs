using System.Text.Json;
using System.Text.Json.Serialization;
using Spectre.Console;

namespace Monitor.Benchmarks;

/// <summary>What was measured, in order: a table for people, or JSON.</summary>
internal sealed class Figures
{
    private readonly List<(string Key, string Name, double Value, string Unit)> all = [];

    /// <summary>Adds a figure; one that is not known is left out.</summary>
    public void Add(string key, string name, double? value, string unit = "")
    {
        if (value is { } known) all.Add((key, name, Math.Round(known, known < 100 ? 3 : 0), unit));
    }

    public void Write(string title, bool json)
    {
        if (json)
        {
            Console.WriteLine(JsonSerializer.Serialize(all.ToDictionary(f => f.Key, f => f.Value), FiguresJson.Default.DictionaryStringDouble));
            return;
        }

        var table = new Table().Title(title).Border(TableBorder.Simple).AddColumn("").AddColumn(new TableColumn("").RightAligned()).AddColumn("").HideHeaders();
        foreach (var (_, name, value, unit) in all) table.AddRow(name.EscapeMarkup(), value.ToString("#,0.###"), unit);
        AnsiConsole.Write(table);
    }
}

[JsonSerializable(typeof(Dictionary<string, double>))]
[JsonSourceGenerationOptions(WriteIndented = true)]
internal sealed partial class FiguresJson : JsonSerializerContext;
