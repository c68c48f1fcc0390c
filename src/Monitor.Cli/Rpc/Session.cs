using System.Runtime.CompilerServices;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client;

namespace Monitor.Cli.Rpc;

/// <summary>A connection to one server, for the length of a command. Every call takes this one path, whatever its method.</summary>
internal sealed class Session : IDisposable
{
    private readonly string server;
    private readonly TimeSpan timeout;
    private readonly GrpcChannel channel;
    private readonly CallInvoker invoker;

    public Session(Uri server, TimeSpan timeout)
    {
        this.server = server.GetLeftPart(UriPartial.Authority);
        this.timeout = timeout;
        channel = GrpcChannel.ForAddress(server, new GrpcChannelOptions
        {
            // No proxy speaks HTTP/2 in clear text; one set for the web must not hide the server.
            HttpHandler = new SocketsHttpHandler { UseProxy = server.Scheme == Uri.UriSchemeHttps },
            DisposeHttpClient = true,
            // A page of 10,000 healthchecks is far over the default of 4 MiB.
            MaxReceiveMessageSize = null,
        });
        invoker = channel.CreateCallInvoker();
    }

    /// <param name="within">Less than the session's time-out, where the caller has less time.</param>
    /// <exception cref="CommandFailure">The server refused the call, or could not be reached.</exception>
    public async Task<IMessage> CallAsync(MethodDescriptor method, IMessage request, CancellationToken cancellationToken, TimeSpan? within = null)
    {
        var patience = within < timeout ? within.Value : timeout;
        try
        {
            // gRPC deadlines are instants of the system's clock.
            var options = new CallOptions(deadline: (TimeProvider.System.GetUtcNow() + patience).UtcDateTime, cancellationToken: cancellationToken);
            return await invoker.AsyncUnaryCall(Callable(method), host: null, options, request);
        }
        catch (RpcException error) when (!cancellationToken.IsCancellationRequested)
        {
            throw CommandFailure.From(error, server, patience);
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
                throw new CommandFailure(ExitCode.Unreachable, $"{server} failed: the page after \"{next}\" is that page again");
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

    public void Dispose() => channel.Dispose();

    private static Method<IMessage, IMessage> Callable(MethodDescriptor method) => new(
        MethodType.Unary, method.Service.FullName, method.Name, MarshallerOf(method.InputType), MarshallerOf(method.OutputType));

    private static Marshaller<IMessage> MarshallerOf(MessageDescriptor type) => new(message => message.ToByteArray(), type.Parser.ParseFrom);
}
