using Orleans.Runtime;

namespace Orleans.Configuration;

/// <summary>Checks the options at start, and says all that is wrong at once.</summary>
public class ConsulClusteringOptionsValidator<TOptions>(TOptions options, string? name = null) : IConfigurationValidator
    where TOptions : ConsulClusteringOptions
{
    public TOptions Options { get; } = options;

    public string? Name { get; } = name;

    /// <exception cref="OrleansConfigurationException">Names each key with its value and what is allowed.</exception>
    public virtual void ValidateConfiguration()
    {
        var section = Name is null ? nameof(ConsulClusteringOptions) : $"{nameof(ConsulClusteringOptions)}:{Name}";
        List<string> failures = [.. Options.ToConsulOptions().Validate(section)];
        if (Options.KvRootFolder is { Length: > 0 } root && (root.StartsWith('/') || root.EndsWith('/')))
            failures.Add($"{section}:KvRootFolder is '{root}': a slash is put between it and the rest, none at its start or end is allowed.");
        if (failures.Count > 0) throw new OrleansConfigurationException(string.Join(' ', failures));
    }
}
