using System.CommandLine;
using Monitor.Benchmarks;

return await new RootCommand("Measures Monitor. Build with -c Release: the server that is started has the same configuration.")
{
    LoadCommand.Create(),
    RestartCommand.Create(),
    GoMicroCommand.Create(),
}.Parse(args).InvokeAsync();
