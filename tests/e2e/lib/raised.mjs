// What a client library raises for a call: class and status of its exception, then the message.
export async function raised(call) {
  try {
    console.log(`no exception: ${JSON.stringify(await call())}`);
  } catch (error) {
    console.log(`${error.constructor.name} ${error.status ?? error.status_code}\n${error.message}`);
  }
}
