using System.CommandLine;
using System.CommandLine.Invocation;
using System.Globalization;
using System.Runtime.InteropServices;
using BitcoinSock;
using LineServer;

CultureInfo.CurrentCulture = CultureInfo.InvariantCulture;

Option<int> port = Number(
    "--port",
    7007,
    65535,
    "Where to listen, on loopback; 0 for any free port."
);
Option<int> connections = Number(
    "--max-connections",
    1000,
    1_000_000,
    "How many clients at a time."
);
Option<int> line = Number("--max-line", 4096, 1_000_000, "How many bytes a line may have.");
Option<int> idle = Number("--idle-seconds", 60, 86400, "When to drop who completes no line.");
var root = new RootCommand("Answers lines, for many clients in one thread, by BitcoinSock.")
{
    port,
    connections,
    line,
    idle,
};
root.SetAction(given =>
{
    var limits = new Limits(
        given.GetValue(connections),
        given.GetValue(line),
        TimeSpan.FromSeconds(given.GetValue(idle))
    );
    return UntilCtrlC(stop =>
    {
        using var server = new Server(given.GetValue(port), limits);
        Console.WriteLine($"listening on {server.EndPoint}; Ctrl+C ends it");
        server.Run(stop);
        Console.WriteLine($"{server.Accepted} clients, {server.Idle} of them dropped as idle");
        return true;
    });
});

Option<int> seconds = Number("--seconds", 60, 86400, "For how long.");
Option<int> clients = Number("--clients", 5000, 1_000_000, "How many well-behaved clients.");
Option<int> busy = Number("--busy", 100, 1_000_000, "How many of those never pause.");
Option<int> hostile = Number("--hostile", 50, 1_000_000, "How many hostile clients beside them.");
var load = new Command("load", "Serves a crowd in this process, and checks every reply.")
{
    seconds,
    clients,
    busy,
    hostile,
};
load.SetAction(given =>
    UntilCtrlC(stop =>
    {
        var plan = new LoadPlan(
            TimeSpan.FromSeconds(given.GetValue(seconds)),
            given.GetValue(clients),
            given.GetValue(busy),
            given.GetValue(hostile)
        );
        return Load.Run(plan, Console.Out, stop);
    })
);
root.Add(load);

ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction wrong)
{
    wrong.ShowHelp = false;
    wrong.ShowTypoCorrections = false;
    parsed.Invoke();
    Console.Error.WriteLine("Try --help.");
    return 2;
}

return parsed.Invoke();

static Option<int> Number(string name, int usual, int max, string description)
{
    var option = new Option<int>(name)
    {
        Description = description,
        HelpName = "NUMBER",
        DefaultValueFactory = _ => usual,
    };
    option.Validators.Add(result =>
    {
        if (result.GetValue(option) < 0 || result.GetValue(option) > max)
        {
            result.AddError($"{name} is from 0 to {max}.");
        }
    });
    return option;
}

static int UntilCtrlC(Func<CancellationToken, bool> job)
{
    var interrupt = new ThreadInterrupt();
    using var ctrlC = PosixSignalRegistration.Create(
        PosixSignal.SIGINT,
        signal =>
        {
            // The second one ends the program, whatever it is at.
            signal.Cancel = !interrupt.AsBool();
            interrupt.Interrupt();
        }
    );
    try
    {
        return job(interrupt) ? 0 : 1;
    }
    catch (SockException refused)
    {
        Console.Error.WriteLine(refused.Message);
        return 1;
    }
}
