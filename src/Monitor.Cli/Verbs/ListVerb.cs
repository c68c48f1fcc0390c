using System.CommandLine;
using Google.Protobuf;
using Monitor.Cli.Rpc;
using Monitor.Cli.Tables;
using Monitor.Cli.Values;

namespace Monitor.Cli.Verbs;

/// <summary>A verb that prints a list: a table for people, the response message as JSON for programs.</summary>
internal abstract class ListVerb<TResponse, TRow> : Verb
    where TResponse : class, IMessage<TResponse>
{
    // Large enough that all of 100,000 entries take few calls, small enough that each answers at once.
    protected const int LargePage = 1000;

    private readonly Connection connection;
    private readonly Option<long> limit = OptionOf.Limit("Entries at most, or with --all: a page. Default: 10.");
    private readonly Option<bool> all = OptionOf.Flag("--all", "Every page, not only the first.");
    private readonly Option<bool> json = OptionOf.Flag("--json", "The whole answer as JSON, for programs.");
    private readonly Option<bool> compact = OptionOf.Flag("--compact", "With --json: one line, without white space.");

    protected ListVerb(Shell shell, Connection connection, string name, string description, string example, bool paged = true)
        : base(name, description, example)
    {
        Shell = shell;
        this.connection = connection;
        if (paged)
        {
            Add(limit);
            Add(all);
        }

        Add(json);
        Add(compact);
    }

    protected Shell Shell { get; }

    protected DateTimeOffset Now => Shell.Time.GetUtcNow();

    protected abstract IMessage Request(ParseResult parsed, long limit);

    protected abstract IEnumerable<TRow> Rows(ParseResult parsed, TResponse response);

    protected abstract Columns<TRow> Table(ParseResult parsed);

    /// <summary>What people should know beside the table; to standard error.</summary>
    protected virtual IEnumerable<string> Remarks(TResponse response) => [];

    protected virtual Task<TResponse> AskAsync(Session session, ParseResult parsed, long limit, bool all, CancellationToken cancellationToken) =>
        session.ListAsync<TResponse>(Request(parsed, all && limit == 0 ? LargePage : limit), all, cancellationToken);

    protected sealed override async Task<ExitCode> RunAsync(ParseResult parsed, CancellationToken cancellationToken)
    {
        using var session = connection.Open(parsed);
        var response = await AskAsync(session, parsed, parsed.GetValue(limit), parsed.GetValue(all), cancellationToken);
        if (parsed.GetValue(json))
        {
            await Shell.Output.WriteLineAsync(ResponseJson.Format(response, parsed.GetValue(compact)));
            return ExitCode.Ok;
        }

        var rows = Rows(parsed, response).ToArray();
        if (rows.Length > 0)
            Table(parsed).Write(Shell, rows);
        else
            Shell.Complain("nothing matches");
        foreach (var remark in Remarks(response))
            Shell.Complain(remark);
        if (response.Descriptor.FindFieldByName("next_page_token") is not null && Session.NextPage(response).Length > 0)
            Shell.Complain("there is more: ask with --all, or a larger --limit");
        return ExitCode.Ok;
    }
}
