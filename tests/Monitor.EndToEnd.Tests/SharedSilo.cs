using Monitor.EndToEnd.Tests;
using Monitor.Testing.Processes;

[assembly: AssemblyFixture(typeof(SharedSilo))]

namespace Monitor.EndToEnd.Tests;

/// <summary>One server for all tests that leave it running. Each uses keys of its own.</summary>
public sealed class SharedSilo : IAsyncLifetime
{
    public SiloProcess Process { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Process = await SiloProcess.StartAsync();

    /// <summary>Whatever the tests did to it, it must have logged no error.</summary>
    public async ValueTask DisposeAsync()
    {
        await using (Process) Process.ThrowOnErrors();
    }
}
