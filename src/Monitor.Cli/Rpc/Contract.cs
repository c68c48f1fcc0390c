using Google.Protobuf;
using Google.Protobuf.Reflection;
using Monitor.Protocol;

namespace Monitor.Cli.Rpc;

/// <summary>The methods that can be called: every unary one of our protos.</summary>
internal static class Contract
{
    private static readonly MethodDescriptor[] Methods =
    [
        .. from file in new[] { MonitorReflection.Descriptor, ReporterReflection.Descriptor }
           from service in file.Services
           from method in service.Methods
           where !method.IsClientStreaming && !method.IsServerStreaming
           select method,
    ];

    /// <summary>The method that takes this request.</summary>
    public static MethodDescriptor For(IMessage request) => Methods.Single(method => method.InputType == request.Descriptor);

    /// <summary>As go-micro names it: the package for a service, and <c>Monitor.HealthChecks</c> for a method.</summary>
    public static MethodDescriptor Find(string service, string method)
    {
        var ofService = Methods.Where(known => known.FullName.StartsWith(service + ".", StringComparison.Ordinal)).ToArray();
        if (ofService.Length == 0 || service.Length == 0)
        {
            var services = Methods.Select(known => known.File.Package).Distinct();
            throw CommandFailure.Usage($"unknown service \"{service}\"; there is {string.Join(", ", services)}");
        }

        return ofService.FirstOrDefault(known => known.FullName == $"{service}.{method}")
            ?? throw CommandFailure.Usage($"unknown method \"{method}\"; {service} has "
                + string.Join(", ", ofService.Select(known => known.FullName[(service.Length + 1)..])));
    }
}
