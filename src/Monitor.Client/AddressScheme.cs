using Microsoft.Extensions.Logging;

namespace Monitor.Client;

/// <summary>
/// A kind of service discovery: understands values of <see cref="MonitorReporterOptions.Server"/> such as <c>consul:///go.micro.srv.monitor</c>, where it is among
/// <see cref="MonitorReporterOptions.AddressSchemes"/>.
/// </summary>
public abstract class AddressScheme
{
    /// <summary>What its addresses begin with: <c>consul</c>.</summary>
    public abstract string Name { get; }

    /// <summary>What is wrong with such an address, and what is allowed; null where nothing is.</summary>
    public abstract string? Fault(Uri address);

    /// <summary>What finds the servers of an address that has no fault. Asks nobody yet; disposed of with the reporter where it is an <see cref="IDisposable"/>.</summary>
    public abstract AddressResolver Resolver(Uri address, TimeProvider time, ILoggerFactory loggers);
}
