using System.CommandLine;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Protocol;

namespace Monitor.Cli.Verbs;

/// <summary>The services that have live instances.</summary>
internal sealed class ServicesVerb : ListVerb<ServicesResponse, Service>
{
    private readonly Argument<string?> service = new("service")
    {
        Description = "Only this service.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public ServicesVerb(Shell shell, Connection connection)
        : base(shell, connection, "services", "Lists services: one line for each name and version, with its instances.", "monitor services go-server", paged: false) =>
        Add(service);

    protected override IMessage Request(ParseResult parsed, long limit) => new ServicesRequest { Service = parsed.GetValue(service) ?? "" };

    protected override Task<ServicesResponse> AskAsync(Session session, ParseResult parsed, long limit, bool all, CancellationToken cancellationToken) =>
        session.CallAsync<ServicesResponse>(Request(parsed, limit), cancellationToken);

    protected override IEnumerable<Service> Rows(ParseResult parsed, ServicesResponse response) => response.Services;

    protected override Columns<Service> Table(ParseResult parsed) => new(
        new("SERVICE", service => service.Name),
        new("VERSION", service => service.Version.Length == 0 ? Text.Nothing : service.Version),
        new("INSTANCES", service => Text.Number(service.Nodes.Count)),
        new("IDS", service => Text.Instances(service)));
}
