using System.Globalization;
using YamlDotNet.Core;
using YamlDotNet.Serialization;

namespace Monitor.Architecture.Tests.Deployment;

/// <summary><c>deploy/compose.yaml</c>, its anchors merged.</summary>
internal sealed class ComposeFile
{
    private readonly Node services;

    private ComposeFile(Node root) => services = root["services"];

    public IEnumerable<string> Names => services.Keys;

    /// <summary>What a service has at a path of keys.</summary>
    public Node this[string service, params string[] path] => path.Aggregate(services[service], (node, key) => node[key]);

    public static ComposeFile Read()
    {
        using var text = File.OpenText(Path.Combine(House.Root, "deploy", "compose.yaml"));
        return new(new(new DeserializerBuilder().Build().Deserialize<object>(new MergingParser(new Parser(text)))));
    }

    public IReadOnlyDictionary<string, string> Environment(string service) =>
        this[service, "environment"].Keys.ToDictionary(name => name, name => this[service, "environment", name].Text);

    /// <summary>Of a duration as 90s or 2m.</summary>
    public static int Seconds(string duration) => int.Parse(duration[..^1], CultureInfo.InvariantCulture) * (duration[^1] == 'm' ? 60 : 1);

    /// <summary>A value, a list or a mapping; one that is missing has nothing.</summary>
    internal sealed record Node(object? Value)
    {
        public string Text => Value as string ?? "";

        public IEnumerable<string> Keys => Value is Dictionary<object, object> map ? map.Keys.Cast<string>() : [];

        public IEnumerable<Node> Items => Value is List<object> list ? list.Select(item => new Node(item)) : [];

        public Node this[string key] => new(Value is Dictionary<object, object> map ? map.GetValueOrDefault(key) : null);
    }
}
