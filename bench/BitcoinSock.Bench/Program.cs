using System.CommandLine;
using BenchmarkDotNet.Running;
using BitcoinSock.Bench;

var quick = new Option<bool>("--quick") { Description = "An eighth of the bytes." };
var rounds = new Option<int>("--rounds")
{
    Description = "How often each method is measured.",
    DefaultValueFactory = _ => 7,
};
var folder = new Argument<DirectoryInfo>("folder") { Description = "Gets the data." };

var run = new Command("run", "Every method side by side, and the ratios.") { quick, rounds };
run.SetAction(parsed =>
    BesideC(() => new SideBySide(Rounds(parsed), parsed.GetValue(quick)).Run())
);

var sweep = new Command("sweep", "The data of the plots.") { folder, rounds };
sweep.SetAction(parsed => BesideC(() => new Sweep(Rounds(parsed), parsed.GetValue(folder)!).Run()));

var micro = new Command("micro", "Time and allocations of each operation.");
micro.SetAction(_ => BenchmarkRunner.Run<Micro>());

return new RootCommand("Measures BitcoinSock, and what else reads lines.") { run, sweep, micro }
    .Parse(args is [] ? ["run"] : args)
    .Invoke();

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
