using Monitor.LocalCluster.Processes;

namespace Monitor.LocalCluster.Programs;

/// <summary>As whom PostgreSQL's programs run: as the user of this process, or where that is root, as whom they refuse to run, as nobody.</summary>
internal sealed class PostgresAccount
{
    private const string Unprivileged = "nobody";

    private readonly PostgresPrograms programs;
    private readonly string[] prefix;

    private PostgresAccount(PostgresPrograms programs, string[] prefix) => (this.programs, this.prefix) = (programs, prefix);

    /// <summary>Gives the folder to the one as whom they run.</summary>
    /// <exception cref="ClusterException">Nobody may not reach the folder or the programs, and root cannot help it.</exception>
    public static async Task<PostgresAccount> ChooseAsync(PostgresPrograms programs, string folder, CancellationToken cancellationToken)
    {
        if (!Environment.IsPrivilegedProcess) return new(programs, []);
        await Tool.RunAsync("chown", [Unprivileged, folder], cancellationToken: cancellationToken);

        string[] plain = ["setpriv", $"--reuid={Unprivileged}", "--clear-groups"];
        // The home of root is closed to others: then it keeps, of all that root may, that doors are open to it.
        string[] opening = [.. plain, "--inh-caps=+dac_override", "--ambient-caps=+dac_override"];
        var refusal = "";
        foreach (var prefix in new[] { plain, opening })
        {
            try
            {
                await Tool.RunAsync(
                    prefix[0], [.. prefix[1..], "sh", "-c", """test -w "$1" && test -x "$2" """, "sh", folder, Path.Combine(programs.Folder, "postgres")], cancellationToken: cancellationToken);
                return new(programs, prefix);
            }
            catch (ClusterException e)
            {
                refusal = e.Message;
            }
        }

        throw new ClusterException(
            $"PostgreSQL does not run as root, and as {Unprivileged}, as whom it would run, it may not enter {folder} or {programs.Folder}. Choose a folder that everybody may enter, or run this as another user. ({refusal})");
    }

    public CommandLine Command(string program, IEnumerable<string> arguments)
    {
        string[] words = [.. prefix, Path.Combine(programs.Folder, program), .. arguments];
        var environment = new Dictionary<string, string> { ["LC_ALL"] = "C" };
        if (programs.LibraryFolders.Count > 0) environment["LD_LIBRARY_PATH"] = string.Join(':', programs.LibraryFolders);
        return new(words[0], words[1..]) { Environment = environment };
    }

    public Task RunAsync(string program, IEnumerable<string> arguments, string? input, CancellationToken cancellationToken)
    {
        var command = Command(program, arguments);
        return Tool.RunAsync(command.Program, command.Arguments, command.Environment, input: input, cancellationToken: cancellationToken);
    }
}
