using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>A job on a thread of its own, known to have started; it must end.</summary>
internal sealed class Background<T>
{
    private readonly Thread _thread;
    private T? _result;
    private Exception? _failure;

    public Background(Func<T> job)
    {
        using var started = new ManualResetEventSlim();
        _thread = new Thread(() =>
        {
            NativeId = OperatingSystem.IsLinux() ? Background.GetTid() : 0;
            started.Set();
            try
            {
                _result = job();
            }
            catch (Exception failure)
            {
                _failure = failure;
            }
        })
        {
            IsBackground = true,
        };
        _thread.Start();
        started.Wait();
    }

    public bool HasEnded => !_thread.IsAlive;

    public int NativeId { get; private set; }

    /// <summary>
    /// Returns when the thread sleeps in the kernel, as Linux tells; elsewhere at once. Tests hold
    /// either way: this makes sure that they see the blocked case.
    /// </summary>
    public void UntilBlocked()
    {
        for (int asleep = 0; OperatingSystem.IsLinux() && asleep < 3 && !HasEnded; Thread.Yield())
        {
            asleep = Background.IsAsleep(NativeId) ? asleep + 1 : 0;
        }
    }

    public T Join()
    {
        Assert.True(_thread.Join(Within.Long), "it did not end");
        return _failure is null ? _result! : throw _failure;
    }
}

internal static partial class Background
{
    public static Background<T> Run<T>(Func<T> job) => new(job);

    public static bool IsAsleep(int nativeId)
    {
        try
        {
            // "123 (name) S …"
            string stat = File.ReadAllText($"/proc/self/task/{nativeId}/stat");
            return stat[stat.LastIndexOf(')') + 2] == 'S';
        }
        catch (IOException)
        {
            return false; // it has ended
        }
    }

    [LibraryImport("libc", EntryPoint = "gettid")]
    public static partial int GetTid();
}

/// <summary>
/// Fills the descriptor table up to a number, so that the next ones lie above it.
/// </summary>
internal sealed class ManyDescriptors : IDisposable
{
    private readonly List<Sock> _held = [];

    public ManyDescriptors(int upTo)
    {
        while (_held.Count == 0 || _held[^1].Get().Value < upTo)
        {
            (Sock one, Sock other) = Sock.CreatePair();
            _held.Add(one);
            _held.Add(other);
        }
    }

    public void Dispose() => _held.ForEach(sock => sock.Dispose());
}
