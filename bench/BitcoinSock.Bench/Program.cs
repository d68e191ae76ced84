using System.CommandLine;
using BenchmarkDotNet.Running;
using BitcoinSock;
using BitcoinSock.Bench;

var quick = new Option<bool>("--quick")
{
    Description = "An eighth of the bytes, a tenth of the sockets.",
};
var rounds = new Option<int>("--rounds")
{
    Description = "How often each method is measured.",
    DefaultValueFactory = _ => 7,
};
var folder = new Argument<DirectoryInfo>("folder") { Description = "Gets the data." };
var data = new Option<DirectoryInfo>("--data") { Description = "Gets the data of the plot." };

var run = new Command("run", "Every method side by side, and the ratios.") { quick, rounds };
run.SetAction(parsed =>
    BesideC(() => new SideBySide(Rounds(parsed), parsed.GetValue(quick)).Run())
);

var sweep = new Command("sweep", "The data of the plots.") { folder, rounds };
sweep.SetAction(parsed => BesideC(() => new Sweep(Rounds(parsed), parsed.GetValue(folder)!).Run()));

var readiness = new Command("readiness", "Wake-ups by one of many sockets, and interrupts.")
{
    data,
    quick,
    rounds,
};
readiness.SetAction(parsed =>
    WithDescriptors(() =>
        new Readiness(Rounds(parsed), parsed.GetValue(quick), parsed.GetValue(data)).Run()
    )
);

var awaits = new Command("async", "What is awaited, beside the base library, and idle.")
{
    data,
    quick,
    rounds,
};
awaits.SetAction(parsed =>
    new Awaits(Rounds(parsed), parsed.GetValue(quick), parsed.GetValue(data)).Run() ? 0 : 1
);

var state = new Option<TelemetryState?>("--state")
{
    Description = "Measures this one alone, in this process.",
};
var telemetry = new Command("telemetry", "What telemetry costs: without it, off and on.")
{
    state,
    quick,
    rounds,
};
telemetry.SetAction(parsed =>
    BesideC(() =>
    {
        var cost = new TelemetryCost(Rounds(parsed), parsed.GetValue(quick));
        if (parsed.GetValue(state) is TelemetryState alone)
        {
            cost.RunIn(alone);
        }
        else
        {
            cost.Run();
        }
    })
);

var micro = new Command("micro", "Time and allocations of each operation.");
micro.SetAction(_ => BenchmarkRunner.Run<Micro>());

var root = new RootCommand("Measures BitcoinSock, and what else reads lines.")
{
    run,
    sweep,
    readiness,
    awaits,
    telemetry,
    micro,
};
return root.Parse(args is [] ? ["run"] : args).Invoke();

int Rounds(ParseResult parsed) => Math.Max(parsed.GetValue(rounds), 1);

static int BesideC(Action measure)
{
    try
    {
        Native.Load();
    }
    catch (InvalidOperationException e)
    {
        Console.Error.WriteLine(e.Message);
        return 1;
    }

    measure();
    return 0;
}

static int WithDescriptors(Action measure)
{
    const int EMFILE = 24;
    try
    {
        measure();
        return 0;
    }
    catch (SockException e) when (e.ErrorCode == EMFILE)
    {
        // The runtime has already raised the soft limit to the hard one.
        Console.Error.WriteLine("10000 sockets need more descriptors: ulimit -Hn 11000");
        return 1;
    }
}
