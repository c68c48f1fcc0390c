using System.Text.RegularExpressions;

namespace Monitor.Testing.Processes;

/// <summary>What a process wrote to its output and error streams, by line. For several threads at once.</summary>
public sealed partial class ProcessLog
{
    private readonly Lock gate = new();
    private readonly List<string> lines = [];

    public int Count
    {
        get { lock (gate) return lines.Count; }
    }

    public IReadOnlyList<string> Lines
    {
        get { lock (gate) return [.. lines]; }
    }

    /// <summary>The last lines, for a message.</summary>
    public string Tail(int count = 40)
    {
        lock (gate) return string.Join('\n', lines.TakeLast(count));
    }

    /// <summary>Log entries of level error or critical, each with its message, save those that hold one of the given texts.</summary>
    public IReadOnlyList<string> Errors(params IReadOnlyList<string> expected)
    {
        var all = Lines;
        List<string> errors = [];
        for (var i = 0; i < all.Count; i++)
        {
            if (!ErrorLine().IsMatch(all[i])) continue;
            // Where an entry is not on a single line, the console's formatter indents the rest of it.
            var entry = string.Join('\n', all.Skip(i + 1).TakeWhile(line => line.StartsWith("      ", StringComparison.Ordinal)).Prepend(all[i]));
            if (!expected.Any(text => entry.Contains(text, StringComparison.Ordinal))) errors.Add(entry);
        }

        return errors;
    }

    internal void Add(string? line)
    {
        if (line is null) return;
        lock (gate) lines.Add(line);
    }

    // After the time, where the log gives it.
    [GeneratedRegex(@"^(\S+ )?(fail|crit): ")]
    private static partial Regex ErrorLine();
}
