using Monitor.Cli;

return await MonitorCommand.RunAsync(args, Shell.OfProcess());
