using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;
using Monitor.Client;

namespace Monitor.Cli.Rpc;

/// <summary>
/// A connection to one of the servers there are, for the length of a command. Every call takes this one path, whatever its method: where a server dies before it
/// has answered, the next is asked. Queries change nothing, and a report that is sent twice counts once.
/// </summary>
internal sealed class Session(AddressResolver servers, TimeSpan timeout) : IDisposable
{
    private readonly HashSet<Uri> failed = [];
    private Uri? server;
    private GrpcChannel? channel;

    private string Server => server?.GetLeftPart(UriPartial.Authority) ?? servers.ToString()!;

    /// <param name="within">Less than the session's time-out, where the caller has less time.</param>
    /// <exception cref="CommandFailure">The server refused the call, or could not be reached, nor any other.</exception>
    public async Task<IMessage> CallAsync(MethodDescriptor method, IMessage request, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        var patience = within < timeout ? within.Value : timeout;

        // gRPC deadlines are instants of the system's clock.
        var options = new CallOptions(deadline: (TimeProvider.System.GetUtcNow() + patience).UtcDateTime, cancellationToken: cancellationToken);
        failed.Clear();
        while (true)
        {
            try
            {
                channel ??= await ConnectAsync(patience, cancellationToken);
                return await channel.CreateCallInvoker().AsyncUnaryCall(Callable(method), host: null, options, request);
            }
            catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
            {
                var failure = CommandFailure.From(error, Server, patience);
                if (!CommandFailure.Died(error) || !await LeaveAsync(cancellationToken)) throw failure;
            }
        }
    }

    public async Task<TResponse> CallAsync<TResponse>(IMessage request, CancellationToken cancellationToken, TimeSpan? within = null)
        where TResponse : IMessage<TResponse> =>
        (TResponse)await CallAsync(Contract.For(request), request, cancellationToken, within);

    /// <summary>The pages of a list, each asked for when it is wanted. The request's <c>page_token</c> is moved on.</summary>
    public async IAsyncEnumerable<TResponse> PagesAsync<TResponse>(IMessage request, [EnumeratorCancellation] CancellationToken cancellationToken)
        where TResponse : IMessage<TResponse>
    {
        var token = request.Descriptor.FindFieldByName("page_token").Accessor;
        while (true)
        {
            var page = await CallAsync<TResponse>(request, cancellationToken);
            var next = NextPage(page);
            yield return page;
            if (next.Length == 0)
                yield break;
            if (next == (string)token.GetValue(request))
                throw new CommandFailure(ExitCode.Unreachable, $"{Server} failed: the page after \"{next}\" is that page again");
            token.SetValue(request, next);
        }
    }

    /// <summary>One page, or all of them as one answer.</summary>
    public async Task<TResponse> ListAsync<TResponse>(IMessage request, bool all, CancellationToken cancellationToken)
        where TResponse : class, IMessage<TResponse>
    {
        if (!all)
            return await CallAsync<TResponse>(request, cancellationToken);
        TResponse? list = null;
        await foreach (var page in PagesAsync<TResponse>(request, cancellationToken))
        {
            page.Descriptor.FindFieldByName("next_page_token").Accessor.Clear(page);
            if (list is null)
                list = page;
            else
                list.MergeFrom(page);
        }

        return list!;
    }

    /// <summary>The token of the page after this one; empty on the last.</summary>
    public static string NextPage(IMessage page) => (string)page.Descriptor.FindFieldByName("next_page_token").Accessor.GetValue(page);

    public void Dispose()
    {
        channel?.Dispose();
        (servers as IDisposable)?.Dispose();
    }

    private async Task<GrpcChannel> ConnectAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        server ??= (await FindAsync(patience, cancellationToken))[0];
        return GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            HttpHandler = new SocketsHttpHandler
            {
                // No proxy speaks HTTP/2 in clear text; one set for the web must not hide the server.
                UseProxy = server.Scheme == Uri.UriSchemeHttps,
                // A server that hangs must leave time to ask another.
                KeepAlivePingDelay = TimeSpan.FromSeconds(2),
                KeepAlivePingTimeout = TimeSpan.FromSeconds(3),
            },
            DisposeHttpClient = true,
            // A page of 10,000 healthchecks is far over the default of 4 MiB.
            MaxReceiveMessageSize = null,
        });
    }

    private async Task<IReadOnlyList<Uri>> FindAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            var found = await servers.ResolveAsync(cancellationToken).AsTask().WaitAsync(patience, cancellationToken);
            return found.Count > 0 ? found : throw CommandFailure.NoServer(servers.ToString()!, "there is none that is healthy");
        }
        catch (Exception error) when (error is not (OperationCanceledException or CommandFailure))
        {
            throw CommandFailure.NoServer(servers.ToString()!, error.Message);
        }
    }

    /// <summary>Goes from a server that failed to one that has not; false where there is none.</summary>
    private async Task<bool> LeaveAsync(CancellationToken cancellationToken)
    {
        failed.Add(server!);
        channel?.Dispose();
        (channel, var left) = (null, server);
        server = (await FindAsync(timeout, cancellationToken)).FirstOrDefault(address => !failed.Contains(address));
        if (server is not null) return true;
        server = left;
        return false;
    }

    private static Method<IMessage, IMessage> Callable(MethodDescriptor method) => new(
        MethodType.Unary, method.Service.FullName, method.Name, MarshallerOf(method.InputType), MarshallerOf(method.OutputType));

    private static Marshaller<IMessage> MarshallerOf(MessageDescriptor type) => new(message => message.ToByteArray(), type.Parser.ParseFrom);
}
