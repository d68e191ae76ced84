namespace BitcoinSock.Field.Faults;

/// <summary>The thread whose calls are failed, as its peer sees it.</summary>
/// <param name="sock">The sock it uses.</param>
/// <param name="awaited">What it waits for when it cannot go on.</param>
internal sealed class Victim(Sock sock, SockEvents awaited)
{
    private volatile int _id;
    private volatile bool _isOver;

    /// <summary>Does the job, in this thread, while the peer does its own.</summary>
    public SockOutcome Run(Thread peer, Func<SockOutcome> job)
    {
        _id = Kernel.GetTid();
        peer.Start();
        try
        {
            return job();
        }
        finally
        {
            _isOver = true;
        }
    }

    /// <summary>
    /// Comes back a little after it went to sleep for what is not there, or when it is over:
    /// whatever the machine has to do besides, it is blocked every time.
    /// </summary>
    public void WaitUntilBlocked()
    {
        do
        {
            Thread.Sleep(1);
        } while (
            !_isOver
            && (!Kernel.IsAsleep(_id) || sock.Wait(TimeSpan.Zero, awaited, out _).Count > 0)
        );
    }
}
